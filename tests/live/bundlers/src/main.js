// A page with an error that is caught and one that nobody catches.
import * as Sentry from "@sentry/browser";
import { Cart } from "./cart.js";

Sentry.init({ dsn: new URLSearchParams(location.search).get("dsn") });

function checkout(items) {
  return new Cart(items).total();
}

try {
  checkout([{ price: { amount: 3 } }, {}]);
} catch (error) {
  Sentry.captureException(error);
}
setTimeout(() => {
  throw new RangeError("nobody caught it");
}, 50);
setTimeout(async () => {
  await Sentry.flush(10_000);
  document.title = "reported";
}, 500);
