/** Rows on the screen as a file: CSV that spreadsheets open safely, or JSON. */

export type Cell = string | number | boolean | null | undefined;

export interface Column<Row> {
  name: string;
  value: (row: Row) => Cell;
}

/** A leading character that makes a spreadsheet take a cell for a formula. */
const FORMULA =
  /^[\s\p{C}]*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212\u207c]|^[\t\r\n]/u;
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * RFC 4180 CSV with a heading line.
 *
 * Text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP's advice);
 * numbers are left alone.
 */
export function toCsv<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [
    columns.map((column) => csvCell(column.name)),
    ...rows.map((row) => columns.map((column) => csvCell(column.value(row)))),
  ];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}

/** A JSON array of objects, one per row. */
export function toJson<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const objects = rows.map((row) =>
    Object.fromEntries(columns.map((column) => [column.name, column.value(row) ?? null])),
  );
  return `${JSON.stringify(objects, null, 2)}\n`;
}

function csvCell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
