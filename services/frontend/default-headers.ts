/** Every answer has these. */
export const defaultHeaders = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Of an answer that is made whole, as JSON, and not by Elysia. */
export const jsonHeaders = { "content-type": "application/json;charset=utf-8", ...defaultHeaders };
