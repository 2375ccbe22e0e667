/**
 * Imported for its effect: the processes of tests, campaigns and benchmarks call only this machine, and a proxy of the
 * environment would get their calls.
 */
for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
  delete process.env[name];

export {};
