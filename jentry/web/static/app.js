// Every page works without this file; with it some things need no new page.
(() => {
  const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
  const root = document.documentElement, YEAR = 31536000;
  // Set by a form's answer too (jentry/web/cookies.py); none of them is a secret.
  const remember = (name, value) => (document.cookie = `${name}=${value};path=/;max-age=${value ? YEAR : 0};samesite=lax`);

  function toast(text) {
    $$(".toast").forEach((t) => t.remove());
    const t = document.createElement("div"); t.className = "toast"; t.role = "status"; t.textContent = text;
    document.body.append(t); setTimeout(() => t.remove(), 1800);
  }
  async function copy(el) {
    if (!el) return;
    try { await navigator.clipboard.writeText(el.value ?? el.textContent); toast("Copied"); }
    catch { toast("Copying is blocked here. Select the text instead."); }
  }

  document.addEventListener("click", (e) => {
    const b = e.target.closest("button, a"); if (!b) return;
    if (b.dataset.copy) copy($(b.dataset.copy));
    if ("times" in b.dataset) { swapTimes(); b.closest("[popover]").hidePopover(); }
    if ("keys" in b.dataset) { e.preventDefault(); $("#keys").showModal(); }
    if ("theme" in b.dataset) setTheme(e, b.dataset.theme);
    if (b.dataset.confirm && b !== confirmed) ask(e, b);
    if ("unpick" in b.dataset) { $$("tbody .cb").forEach((c) => (c.checked = false)); sync(); }
    if ("copyFrom" in b.dataset) copyFrom(e, b);
  });
  document.addEventListener("change", (e) => {
    if ("submit" in e.target.dataset) e.target.form.requestSubmit();
    if ("pickAll" in e.target.dataset) { $$("tbody .cb").forEach((c) => (c.checked = e.target.checked)); sync(); }
    else if (e.target.matches("tbody .cb")) sync();
  });

  // Relative times become exact, and back: a title is for the mouse alone.
  const times = $("[data-times]"); if (times) times.hidden = false;
  function swapTimes() { for (const t of $$("time[title]")) [t.textContent, t.title] = [t.title, t.textContent]; }

  // The theme shows at once; the form is sent behind it, so that the account has it too.
  function setTheme(e, theme) {
    e.preventDefault();
    theme === "system" ? delete root.dataset.theme : (root.dataset.theme = theme);
    remember("jentry_theme", theme === "system" ? "" : theme);
    const form = e.target.closest("form"), data = new FormData(form); data.set("theme", theme);
    fetch(form.action, { method: "POST", body: new URLSearchParams(data), redirect: "manual" });
    e.target.closest("[popover]")?.hidePopover();
  }

  // What cannot be undone asks first. The dialog's own button then presses the one that asked.
  let confirmed = null;
  function ask(e, b) {
    const d = $("#confirm"); if (!d) return;
    e.preventDefault();
    $("[data-question]", d).textContent = b.dataset.confirm; $("[value=ok]", d).textContent = b.textContent.trim();
    d.returnValue = ""; d.showModal();
    d.onclose = () => { if (d.returnValue === "ok") { confirmed = b; b.click(); confirmed = null; } else b.focus(); };
  }

  function sync() {
    const all = $$("tbody .cb"), on = all.filter((c) => c.checked), head = $("[data-pick-all]"); if (!head) return;
    all.forEach((c) => c.closest("tr").setAttribute("aria-selected", c.checked));
    head.checked = on.length === all.length && all.length > 0; head.indeterminate = on.length > 0 && on.length < all.length;
    $("[data-picked]").textContent = `${on.length} selected`;
  }

  // A link to a text, which is copied instead of opened.
  async function copyFrom(e, link) {
    e.preventDefault();
    const text = fetch(link.href).then((r) => (r.ok ? r.text() : Promise.reject()));
    try {
      if (window.ClipboardItem) await navigator.clipboard.write([new ClipboardItem({ "text/plain": text.then((t) => new Blob([t], { type: "text/plain" })) })]);
      else await navigator.clipboard.writeText(await text);
      toast("Copied");
    } catch { location.href = link.href; }
  }

  // Documentation: a button at each block, which without a script could do nothing.
  for (const block of $$(".docs pre")) {
    const frame = document.createElement("div"), button = document.createElement("button");
    frame.className = "copyable"; button.className = "btn sm"; button.type = "button"; button.textContent = "Copy";
    block.replaceWith(frame); frame.append(block, button);
    button.addEventListener("click", () => copy(block));
  }

  // Breadcrumbs of one category.
  const category = $("[data-pick-crumbs]");
  if (category) {
    category.hidden = false;
    category.addEventListener("change", () => $$("[data-category]").forEach((c) => (c.hidden = Boolean(category.value) && c.dataset.category !== category.value)));
  }

  // New events never move a list under its reader: a line says that there are some.
  const news = $("[data-news]");
  if (news) setInterval(async () => {
    if (document.hidden || !news.hidden) return;
    const answer = await fetch(news.dataset.news).catch(() => null), found = answer?.ok ? await answer.json() : null;
    if (found?.text) { $("[data-text]", news).textContent = found.text; news.hidden = false; }
  }, 30000);

  // Keys never fire while typing, with a modifier held, or inside a dialog or menu.
  let pending = "";
  function onKey(e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input:not([type=checkbox]), textarea, select, dialog, [popover]")) return;
    const rows = $$("[data-row]"), at = rows.findIndex((r) => r.classList.contains("at")), row = rows[at];
    const go = (i) => { const r = rows[Math.max(0, Math.min(rows.length - 1, i))]; if (!r) return; row?.classList.remove("at"); r.classList.add("at"); r.querySelector("a").focus({ preventScroll: true }); r.scrollIntoView({ block: "nearest" }); };
    const press = (s) => { const el = $(s); if (el) { e.preventDefault(); el.click(); } };
    if (pending === "g") { pending = ""; press(`[data-key="g ${CSS.escape(e.key)}"]`); return; }
    switch (e.key) {
      case "/": { const f = $("input[type=search]"); if (f) { e.preventDefault(); f.focus(); } break; }
      case "?": $("#keys")?.showModal(); break;
      case "g": pending = "g"; setTimeout(() => (pending = ""), 900); break;
      case "j": rows.length ? go(at + 1) : press('[data-key="j"][href]'); break;
      case "k": rows.length ? go(at - 1) : press('[data-key="k"][href]'); break;
      case "x": if (row) { const c = row.querySelector(".cb"); c.checked = !c.checked; sync(); } break;
      case "t": swapTimes(); break;
      case "r": case "i": case "a": case "c": case "h": press(`[data-key="${e.key}"]`); break;
    }
  }
  if (!("noShortcuts" in root.dataset)) document.addEventListener("keydown", onKey);

  // The page that waits for a first error opens it.
  const wait = $("[data-wait]");
  if (wait) setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(wait.dataset.wait, { headers: { Accept: "application/json" } }).catch(() => null);
    const found = answer?.ok && !answer.redirected ? await answer.json() : null;
    if (found?.href) location.href = found.href;
  }, 3000);

  // After a form: the message says what it did, so reading goes on there.
  $("#status, #problem")?.focus();

  // keep the current item of a sideways-scrolling nav in view
  $$("nav [aria-current]").forEach((a) => { const n = a.closest("nav"); if (n.scrollWidth > n.clientWidth) n.scrollLeft = a.offsetLeft - 40; });
  sync();
})();
