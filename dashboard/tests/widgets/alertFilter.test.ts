import { describe, expect, it } from "vitest";
import {
  type AlertFilter,
  formatFilter,
  isFiltered,
  matchesFields,
  matchesText,
  NO_FILTER,
  parseFilter,
} from "../../src/widgets/alertFilter";
import { anAlert } from "../support/samples";

describe("the filter in the URL", () => {
  it.each<AlertFilter>([
    NO_FILTER,
    {
      view: "history",
      severities: ["critical", "low"],
      type: "new_issues",
      asset: "warehouse.*",
      text: "fell & rose=?",
    },
  ])("comes back as it went: %j", (filter) => {
    expect(parseFilter(formatFilter(filter))).toEqual(filter);
  });

  it("leaves out what is default and passes over what it does not know", () => {
    expect(formatFilter(NO_FILTER)).toBe("");
    expect(parseFilter("view=nonsense&severity=bad,high&type=x")).toEqual({
      ...NO_FILTER,
      severities: ["high"],
    });
  });

  it("knows when anything is filtered", () => {
    expect(isFiltered({ ...NO_FILTER, view: "all" })).toBe(false);
    expect(isFiltered({ ...NO_FILTER, text: "x" })).toBe(true);
  });
});

describe("what matches", () => {
  const alert = anAlert({ message: "Score of orders fell" });

  it("goes by status, severity, type and asset", () => {
    expect(matchesFields(NO_FILTER, alert)).toBe(true);
    expect(matchesFields({ ...NO_FILTER, view: "history" }, alert)).toBe(false);
    expect(matchesFields({ ...NO_FILTER, severities: ["low"] }, alert)).toBe(false);
    expect(matchesFields({ ...NO_FILTER, type: "new_issues" }, alert)).toBe(false);
    expect(matchesFields({ ...NO_FILTER, asset: "warehouse.*" }, alert)).toBe(true);
    expect(matchesFields({ ...NO_FILTER, asset: "orders" }, alert)).toBe(false);
  });

  it("goes by every word of the text", () => {
    expect(matchesText({ ...NO_FILTER, text: "ORDERS fell" }, alert)).toBe(true);
    expect(matchesText({ ...NO_FILTER, text: "orders rose" }, alert)).toBe(false);
    expect(matchesText({ ...NO_FILTER, text: "  " }, alert)).toBe(true);
  });
});
