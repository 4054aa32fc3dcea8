import { describe, expect, it } from "vitest";
import { type Cell, toCsv, toJson } from "../../src/export/table";

const columns = [{ name: "value", value: (row: { value: Cell }) => row.value }];
const cell = (value: Cell) => toCsv([{ value }], columns).split("\r\n")[1];

describe("toCsv", () => {
  it("writes a heading, and quotes what must be quoted", () => {
    expect(toCsv([{ value: "a" }], columns)).toBe("value\r\na\r\n");
    expect(cell('say "hi", twice')).toBe('"say ""hi"", twice"');
    expect(toCsv([{ value: "two\nlines" }], columns)).toBe('value\r\n"two\nlines"\r\n');
    expect(cell(null)).toBe("");
    expect(cell(undefined)).toBe("");
  });

  it.each([
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    " =1+1",
    "\u200b=1",
    "\uff1dcmd",
    "\u202e=1",
    "\ufe62\u0031",
    "\u22121",
  ])("keeps %j from being run as a formula", (text) => {
    expect(cell(text)?.replace(/^"/, "")).toMatch(/^'/);
  });

  it("keeps tabs and carriage returns from hiding a formula", () => {
    expect(cell("\t=1")).toBe("'\t=1");
    expect(toCsv([{ value: "\r=1" }], columns)).toBe('value\r\n"\'\r=1"\r\n');
  });

  it("leaves numbers alone, negative ones too", () => {
    expect(cell(-12.5)).toBe("-12.5");
    expect(cell(true)).toBe("true");
  });
});

describe("toJson", () => {
  it("writes objects by column, with null for what is missing", () => {
    expect(JSON.parse(toJson([{ value: "=1" }, { value: undefined }], columns))).toEqual([
      { value: "=1" },
      { value: null },
    ]);
  });
});
