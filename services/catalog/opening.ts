import { limits } from "../contract/limits.ts";
import { centsOf } from "../contract/money.ts";
import { isStockName } from "../contract/stock.ts";
import { StartRefused } from "../runtime/process/start-refused.ts";

export interface OpeningStock {
  name: string;
  priceCents: number;
  quantity: number;
}

/**
 * Reads an opening list: CSV with the header `name,price,quantity`, one stock in each line. Throws StartRefused with the
 * number of the first bad line.
 */
export function parseOpening(csv: string): OpeningStock[] {
  const lines = csv.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines[0]?.trim() !== "name,price,quantity") throw bad(1, "must be the header name,price,quantity");

  const stocks = new Map<string, OpeningStock>();
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const stock = parseLine(line, index + 1);
    if (stocks.has(stock.name)) throw bad(index + 1, "names a stock that an earlier line has");
    stocks.set(stock.name, stock);
  }
  if (stocks.size === 0) throw bad(2, "must be a stock: the list is empty");
  return [...stocks.values()];
}

function parseLine(line: string, number: number): OpeningStock {
  const fields = line.split(",").map((field) => field.trim());
  const [name, price, quantity] = fields;
  if (fields.length !== 3 || name === undefined || price === undefined || quantity === undefined)
    throw bad(number, "must have three fields: name,price,quantity");
  if (!isStockName(name)) throw bad(number, "has a name that is not 1 to 32 of A-Z a-z 0-9 . -");

  const priceCents = /^\d+(\.\d{1,2})?$/.test(price) ? centsOf(Number(price)) : undefined;
  if (priceCents === undefined) throw bad(number, "has a price that is not a number such as 15.99");
  if (!/^\d+$/.test(quantity) || Number(quantity) > limits.total)
    throw bad(number, "has a quantity that is not an integer from 0 to 2^50");
  return { name, priceCents, quantity: Number(quantity) };
}

function bad(line: number, what: string): StartRefused {
  return new StartRefused(`the opening list was not loaded: line ${line} ${what}`);
}
