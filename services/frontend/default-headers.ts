/** Every answer has these. */
export const defaultHeaders = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** The headers of a JSON answer that is made without Elysia. */
export const jsonHeaders = { "content-type": "application/json;charset=utf-8", ...defaultHeaders };
