// Fails when the JavaScript needed for the first page outgrows its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 200;

const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));

/** Files loaded before anything is shown: the entry and what it imports statically. */
function initialChunks(name, seen = new Set()) {
  const chunk = manifest[name];
  if (!seen.has(chunk.file)) {
    seen.add(chunk.file);
    for (const imported of chunk.imports ?? []) initialChunks(imported, seen);
  }
  return seen;
}

const size = (file) => gzipSync(readFileSync(`dist/${file}`)).length / 1000;
const initial = [...initialChunks("index.html")].reduce((sum, file) => sum + size(file), 0);
const everything = Object.values(manifest)
  .filter((chunk) => chunk.file.endsWith(".js"))
  .reduce((sum, chunk) => sum + size(chunk.file), 0);

console.log(
  `JavaScript, gzipped: ${initial.toFixed(1)} kB initial (budget ${BUDGET_KB}), ${everything.toFixed(1)} kB in all`,
);
if (initial > BUDGET_KB) process.exit(1);
