/** The part of `fetch` that calls between services use. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/**
 * `fetch` that never uses a proxy of the environment (`HTTP_PROXY`, `ALL_PROXY` …). Bun sends even calls of 127.0.0.1 through
 * one, with their service secret. For every call to this machine, and from one service to another.
 */
export const directFetch: Fetch = (url, init) => fetch(url, { ...init, proxy: false });
