/** What a key may do. Each role includes the ones before it. */
export const roles = ["reader", "trader", "admin"] as const;
export type Role = (typeof roles)[number];

export function mayDo(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
