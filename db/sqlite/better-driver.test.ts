import { expect, test } from "bun:test";
import { assertNodeSupported } from "./better-driver.ts";
import { DatabaseOpenError } from "./errors.ts";

test.each(["18.20.8", "20.20.2", "21.7.3", "22.0.0", "22.13.1"])(
  "Node %s is refused with a clear error",
  (version) => {
    expect(() => assertNodeSupported(version)).toThrow(DatabaseOpenError);
    expect(() => assertNodeSupported(version)).toThrow(`Node ${version} is too old`);
  },
);

test.each(["22.14.0", "22.23.3", "23.0.0", "24.3.0"])("Node %s is accepted", (version) => {
  expect(() => assertNodeSupported(version)).not.toThrow();
});
