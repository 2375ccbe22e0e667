import { Elysia } from "elysia";

import type { AuditRunner } from "../../../books/audit/runner.ts";
import type { Access } from "../access/access.ts";
import { admitting } from "./caller.ts";
import { documented } from "./documentation.ts";
import { AuditView, dataOf } from "./schemas.ts";

export interface AuditDeps {
  access: Access;
  audits: AuditRunner;
}

const auditCall = documented({
  summary: "The last audit of the books",
  description: "Asking starts the next audit.",
  tag: "audit",
  role: "reader",
  success: {
    description: "The result of the last audit that ended, while the next one may be running.",
    schema: dataOf(AuditView),
    example: {
      data: { state: "never", at: null, ok: null, checks: [], problem: null },
    },
  },
  failures: [],
});

export function auditRoutes({ access, audits }: AuditDeps) {
  return new Elysia({ normalize: false })
    .use(admitting(access, "reader"))
    .get("/audit", () => ({ data: audits.ask() }), auditCall);
}
