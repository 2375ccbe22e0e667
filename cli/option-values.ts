import { InvalidArgumentError } from "commander";

/** Parsers of option values for commander. Each throws InvalidArgumentError, whose message follows the option's name. */
export function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

/** `range` describes in the message what `isAllowed` takes. */
export function decimal(isAllowed: (value: number) => boolean, range: string) {
  return (text: string): number => {
    const value = Number(text);
    if (/^(\d+|\d*\.\d+)$/.test(text) && isAllowed(value)) return value;
    throw new InvalidArgumentError(`It is a number, ${range}.`);
  };
}

export function visibleAscii(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new InvalidArgumentError("It is visible ASCII.");
}

/** A URL that the SDK takes as the address of a market. */
export function httpUrl(text: string): string {
  if (/^https?:\/\/[^?#@]+$/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError(
    "It begins with http:// or https://, without a user, a query and a fragment.",
  );
}
