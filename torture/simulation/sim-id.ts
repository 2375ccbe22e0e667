import type { Clock } from "../../services/runtime/flow/clock.ts";
import type { Random } from "../../testing/random.ts";

const tailMax = 2 ** 44;

/** UUIDv7 whose random bits follow from the seed. */
export function simId(clock: Clock, random: Random): string {
  const time = clock.wallTime().toString(16).padStart(12, "0");
  const tail = random.integer(0, tailMax).toString(16).padStart(12, "0");
  const group = random.integer(0, 0xfff).toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${group}-8${group}-${tail}`;
}
