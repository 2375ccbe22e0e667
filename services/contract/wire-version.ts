/**
 * Identifies the shapes of the calls between services. Every such call carries it, and a service refuses a call that carries
 * another one: all services of a market are of one release. It is a hash of the shapes; the test beside this file computes
 * it and names the new value when a shape has changed.
 */
export const wireVersion = "081dd8312e3d";

/** The request header that carries it. */
export const wireVersionHeader = "bourse-wire-version";
