import { Download } from "lucide-react";
import { Button } from "../components/Button";
import { download } from "./download";
import { type Column, toCsv, toJson } from "./table";

interface ExportButtonsProps<Row> {
  /** Start of the file's name, e.g. `alerts`. */
  name: string;
  columns: readonly Column<Row>[];
  /** Asked for on the click, so that nothing is built before. */
  rows: () => readonly Row[];
}

/** Takes what is on the screen along as CSV or JSON. */
export function ExportButtons<Row>({ name, columns, rows }: ExportButtonsProps<Row>) {
  const file = (ending: string) =>
    `${name}-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.${ending}`;
  return (
    <>
      <Button
        size="s"
        icon={<Download aria-hidden />}
        aria-label="Export as CSV"
        onClick={() => download(file("csv"), "text/csv", toCsv(rows(), columns))}
      >
        CSV
      </Button>
      <Button
        size="s"
        icon={<Download aria-hidden />}
        aria-label="Export as JSON"
        onClick={() => download(file("json"), "application/json", toJson(rows(), columns))}
      >
        JSON
      </Button>
    </>
  );
}
