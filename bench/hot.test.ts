import { expect, test } from "bun:test";

import { hotMeasurement } from "./hot.ts";

test.each([undefined, "/older"])(
  "each market with a full cache is compared with the same market of ten stocks (beside: %p)",
  (beside) => {
    const { workload, starts, comparisons } = hotMeasurement({
      quick: false,
      ...(beside !== undefined && { beside }),
    });
    expect(Object.keys(starts)).toEqual([...workload.contenders]);
    expect(workload.contenders).toContain(workload.yardstick);
    expect(comparisons.flatMap(({ against, of }) => [against, of])).toEqual([...workload.contenders]);
    expect(comparisons.map(({ bound }) => bound)).toEqual([1.1, 1.1, ...(beside ? [undefined] : [])]);
  },
);
