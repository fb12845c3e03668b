// A Node program with an error of every kind. Its DSN stands in the environment.
import * as Sentry from "@sentry/node";

Sentry.init({
  dsn: process.env.DSN,
  tunnel: process.env.TUNNEL,
  release: "shop@1.4.2",
  environment: "staging",
  serverName: "web-1",
});
Sentry.setTag("shop.country", "lätvia");

function charge(amount) {
  throw new RangeError(`amount ${amount} is too large`);
}

function pay(amount) {
  try {
    charge(amount);
  } catch (error) {
    throw new Error(`payment of order ${amount} failed`, { cause: error });
  }
}

for (let number = 1; number <= 5; number++) {
  await Sentry.withIsolationScope((scope) => {
    scope.setUser({ id: `u${number % 3}`, email: "kim@example.com" });
    scope.setContext("order", { id: number, password: "hunter2-secret" });
    Sentry.addBreadcrumb({ category: "cart", message: "added a saddle" });
    try {
      pay(number);
    } catch (error) {
      Sentry.captureException(error);
    }
    return Sentry.flush(10_000); // else they arrive in any order
  });
}
for (const number of [7, 8]) {
  Sentry.captureMessage(`stock of part ${number} is low`, "warning");
  await Sentry.flush(10_000);
}
Sentry.withScope((scope) => {
  scope.addAttachment({ filename: "basket.bin", data: new Uint8Array([0, 10, 255, 123]) });
  Sentry.captureException(new TypeError("basket without rows"));
});
Sentry.captureException(new AggregateError([new Error("left"), new Error("right")], "both failed"));
Promise.reject(new Error("nobody waited"));

await new Promise((resolve) => setTimeout(resolve, 300));
await Sentry.flush(10_000);
Sentry.endSession();
await Sentry.close(10_000);
