export interface Route {
  method: string;
  path: string;
}

/**
 * The methods that a path takes: the `Allow` header of a 405. Where GET is taken, so is HEAD. A path that is written out
 * in `routes` is not one of a pattern: `/orders/batch` is no order number.
 */
export function methodsAt(routes: readonly Route[], path: string): string[] {
  const exact = routes.filter((route) => route.path === path && !isPattern(route.path));
  const found = exact.length > 0 ? exact : routes.filter((route) => matches(route.path, path));
  const methods = new Set(found.map((route) => route.method));
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].toSorted();
}

/**
 * What a router would give to a pattern although the path is written out in `routes` with other methods: with
 * `POST /orders/batch` and `GET /orders/:number`, `GET /orders/batch`.
 */
export function shadowedRoutes(routes: readonly Route[]): Route[] {
  const paths = [...new Set(routes.map(({ path }) => path))].filter((path) => !isPattern(path));
  return paths.flatMap((path) => {
    const allowed = methodsAt(routes, path);
    const taken = routes.filter((route) => isPattern(route.path) && matches(route.path, path));
    const shadowed = new Set(taken.map(({ method }) => method).filter((method) => !allowed.includes(method)));
    return [...shadowed].map((method) => ({ method, path }));
  });
}

function isPattern(path: string): boolean {
  return path.includes("/:");
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith(":") ? given[index] !== "" : part === given[index]))
  );
}
