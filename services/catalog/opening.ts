import { CsvError, parse, type InfoRecord } from "csv-parse/sync";

import { limits } from "../contract/limits.ts";
import { centsOf } from "../contract/money.ts";
import { isStockName, StockName } from "../contract/stock.ts";
import { StartRefused } from "../runtime/process/start-refused.ts";

export interface OpeningStock {
  name: string;
  priceCents: number;
  quantity: number;
}

interface Row {
  fields: string[];
  /** Of the file; the last one for a row whose quoted field has line breaks. */
  line: number;
}

/**
 * Reads an opening list: CSV as spreadsheets write it, with the header `name,price,quantity` and one stock in each row.
 * Quoted fields, empty columns at the end and empty rows are accepted. Throws StartRefused with the number of the first
 * bad line.
 */
export function parseOpening(csv: string): OpeningStock[] {
  const [header, ...rows] = rowsOf(csv);
  if (header?.line !== 1 || header.fields.join("|") !== "name|price|quantity")
    throw bad(1, "must be the header name,price,quantity");

  const stocks = new Map<string, OpeningStock>();
  for (const { fields, line } of rows) {
    const stock = stockOf(fields, line);
    if (stocks.has(stock.name)) throw bad(line, "names a stock that an earlier line has");
    stocks.set(stock.name, stock);
  }
  if (stocks.size === 0) throw bad(2, "must be a stock: the list is empty");
  return [...stocks.values()];
}

/** The rows that are not empty, without the empty columns at their end. */
function rowsOf(csv: string): Row[] {
  const rows: Row[] = [];
  let lastLine = 0;
  const keep = (record: string[], { lines }: InfoRecord): undefined => {
    lastLine = lines;
    const fields = record.map((field) => field.trim());
    const length = fields.findLastIndex((field) => field !== "") + 1;
    if (length > 0) rows.push({ fields: fields.slice(0, length), line: lines });
  };
  try {
    parse(csv, { bom: true, trim: true, relax_column_count: true, on_record: keep });
  } catch (error) {
    if (error instanceof CsvError) throw bad(lastLine + 1, "is not CSV: its quotes do not match");
    throw error;
  }
  return rows;
}

function stockOf(fields: readonly string[], line: number): OpeningStock {
  const [name = "", price = "", quantity = ""] = fields;
  if (fields.length !== 3) throw bad(line, "must have three fields: name,price,quantity");
  if (!isStockName(name)) throw bad(line, `has a name that is not ${StockName.description}`);

  const priceCents = /^\d+(\.\d{1,2})?$/.test(price) ? centsOf(Number(price)) : undefined;
  if (priceCents === undefined) throw bad(line, "has a price that is not a number such as 15.99");
  if (!/^\d+$/.test(quantity) || Number(quantity) > limits.total)
    throw bad(line, "has a quantity that is not an integer from 0 to 2^50");
  return { name, priceCents, quantity: Number(quantity) };
}

function bad(line: number, what: string): StartRefused {
  return new StartRefused(`the opening list was not loaded: line ${line} ${what}`);
}
