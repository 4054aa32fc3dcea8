/** Shell-style patterns over asset ids: `*`, `?`, `[ab]`, `[!ab]`, case-sensitive. */

const SPECIAL = /[.+^${}()|\\/[\]]/g;
const compiled = new Map<string, RegExp>();
const MOST_COMPILED = 1_000;

export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

export function matchesGlob(pattern: string, assetId: string): boolean {
  if (pattern === "*" || pattern === assetId) return true;
  return isPattern(pattern) && compile(pattern).test(assetId);
}

function compile(pattern: string): RegExp {
  let expression = compiled.get(pattern);
  if (!expression) {
    expression = new RegExp(`^${translate(pattern)}$`, "su");
    if (compiled.size >= MOST_COMPILED) compiled.clear();
    compiled.set(pattern, expression);
  }
  return expression;
}

function translate(pattern: string): string {
  return pattern
    .split(/(\[!?[^\]]+\])/)
    .map((part) => (part.startsWith("[") && part.endsWith("]") ? set(part) : plain(part)))
    .join("");
}

function plain(part: string): string {
  return part.replace(SPECIAL, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
}

function set(part: string): string {
  const negated = part.startsWith("[!");
  const members = part.slice(negated ? 2 : 1, -1).replace(/[\\\]^[]/g, "\\$&");
  return `[${negated ? "^" : ""}${members}]`;
}
