// A page with an error of every kind; what to do stands in the address.
import * as Sentry from "@sentry/browser";

const wanted = new URLSearchParams(location.search);
const answers = [];

// What the SDK can see of each answer, across origins.
async function watched(...args) {
  const answer = await fetch(...args);
  answers.push({
    status: answer.status,
    limits: answer.headers.get("x-sentry-rate-limits"),
    after: answer.headers.get("retry-after"),
  });
  return answer;
}

Sentry.init({
  dsn: wanted.get("dsn"),
  tunnel: wanted.get("tunnel") ?? undefined,
  transport: (options) => Sentry.makeFetchTransport(options, watched),
  release: "page@2.0.0",
  environment: "live",
  transportOptions: wanted.has("preflight") ? { headers: { "x-shop-proxy": "1" } } : {},
});
Sentry.setUser({ id: "b7", email: "kim@example.com" });
Sentry.setTag("page", "basket");

function renderBasket(rows) {
  return rows.map((row) => row.price.amount);
}

function everything() {
  Sentry.addBreadcrumb({ category: "cart", message: "added a saddle" });
  try {
    renderBasket([{}]);
  } catch (error) {
    Sentry.captureException(new Error("the basket cannot be shown", { cause: error }));
  }
  Sentry.captureMessage("stock is low", "warning");
  Sentry.withScope((scope) => {
    scope.addAttachment({ filename: "basket.txt", data: "one saddle\n{}\n" });
    Sentry.captureException(new TypeError("basket without rows"));
  });
  Promise.reject(new RangeError("nobody waited"));
  // Later: the SDK takes a rejection during an uncaught error for the same one.
  setTimeout(() => {
    throw new SyntaxError("nobody caught it");
  }, 100);
}

async function tooMany() {
  for (let number = 0; number < 8; number++) {
    Sentry.captureException(new Error(`failure ${number}`));
    await Sentry.flush(5000);
  }
}

await (wanted.has("many") ? tooMany() : everything());
await new Promise((resolve) => setTimeout(resolve, 300));
await Sentry.flush(10_000);
await fetch("/done", { method: "POST", body: JSON.stringify(answers) });
