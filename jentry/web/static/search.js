// Suggestions under the search box: names and values while typing, recent searches before that.
(() => {
  const box = document.querySelector("[data-suggest]"); if (!box) return;
  const KEPT = "jentry-searches", MOST = 8, WAIT = 120;
  const list = document.createElement("ul");
  list.className = "menu suggested"; list.id = "suggested"; list.role = "listbox"; list.hidden = true;
  box.after(list);
  for (const [name, held] of [["role", "combobox"], ["aria-controls", list.id], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["autocomplete", "off"]]) box.setAttribute(name, held);

  const recent = () => { try { return JSON.parse(localStorage.getItem(KEPT)) ?? []; } catch { return []; } };
  function keep(text) { if (text) try { localStorage.setItem(KEPT, JSON.stringify([text, ...recent().filter((t) => t !== text)].slice(0, MOST))); } catch { /* not allowed here */ } }

  // The word at the cursor: since the last blank outside of quotes.
  function word() {
    const before = box.value.slice(0, box.selectionStart), found = before.match(/(?:[^\s"(]|"[^"]*("|$))*$/)[0];
    return { begin: before.length - found.length, text: found };
  }
  function close() { list.hidden = true; box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); }
  function show(items) {
    list.replaceChildren(...items.map((item, n) => {
      const li = document.createElement("li"), hint = document.createElement("small");
      li.role = "option"; li.id = `suggested-${n}`; li.textContent = item.text; hint.textContent = item.hint; li.append(hint);
      li.addEventListener("mousedown", (e) => { e.preventDefault(); take(item); });
      li.take = () => take(item);
      return li;
    }));
    list.hidden = !items.length; box.setAttribute("aria-expanded", String(!list.hidden)); box.removeAttribute("aria-activedescendant");
  }
  function take(item) {
    if (item.whole) { box.value = item.text; close(); box.form.requestSubmit(); return; }
    const at = word(), rest = box.value.slice(box.selectionStart), tail = item.text.endsWith(":") ? "" : " ";
    box.value = box.value.slice(0, at.begin) + item.text + tail + rest.trimStart();
    box.selectionStart = box.selectionEnd = at.begin + item.text.length + tail.length;
    suggest();
  }
  let asked = 0, timer = 0;
  async function ask() {
    const mine = ++asked, at = word();
    if (!box.value) return show(recent().map((text) => ({ text, hint: "recent", whole: true })));
    if (!at.text) return close();
    const answer = await fetch(`${box.dataset.suggest}?word=${encodeURIComponent(at.text)}`).catch(() => null);
    const found = answer?.ok && !answer.redirected ? await answer.json() : { items: [] };
    if (mine === asked && document.activeElement === box) show(found.items.filter((item) => item.text !== at.text));
  }
  function suggest() { clearTimeout(timer); timer = setTimeout(ask, WAIT); }
  function move(step) {
    const items = [...list.children], at = items.findIndex((li) => li.ariaSelected === "true");
    items[at]?.removeAttribute("aria-selected");
    const next = items[(at + step + items.length + (at < 0 && step < 0 ? 1 : 0)) % items.length];
    next.setAttribute("aria-selected", "true"); box.setAttribute("aria-activedescendant", next.id); next.scrollIntoView({ block: "nearest" });
  }
  box.addEventListener("input", suggest);
  box.addEventListener("focus", () => box.value || suggest());
  box.addEventListener("blur", () => { clearTimeout(timer); asked++; close(); });
  box.addEventListener("keydown", (e) => {
    if (list.hidden) return;
    const chosen = list.querySelector("[aria-selected]");
    if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); move(e.key === "ArrowDown" ? 1 : -1); }
    else if (e.key === "Escape") { e.preventDefault(); close(); }
    else if ((e.key === "Enter" || e.key === "Tab") && chosen) { e.preventDefault(); chosen.take(); }
  });
  box.form.addEventListener("submit", () => keep(box.value.trim()));
})();
