// Generates src/wire/types.gen.ts from the published schemas; --check fails on drift.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const SOURCES = ["../schemas/openapi.json", "../schemas/asyncapi.json"];
const TARGET = "src/wire/types.gen.ts";

/** All schemas of an OpenAPI or AsyncAPI document, by name. */
function schemasOf(path) {
  return JSON.parse(readFileSync(path, "utf8")).components.schemas;
}

/** Rules about a number's size or between fields, which TypeScript has no types for. */
function isRule(key, value) {
  if (key === "allOf") return value.some((one) => "if" in one);
  return key === "anyOf" && value.some((one) => "const" in one);
}

/** Point references at `definitions`, drop rules and what would make TypeScript names of fields. */
function adapt(node) {
  if (Array.isArray(node)) return node.map(adapt);
  if (node === null || typeof node !== "object") return node;
  const adapted = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === "title" && typeof value === "string") continue;
    if (isRule(key, value)) continue;
    adapted[key] =
      key === "$ref" ? value.replace("#/components/schemas/", "#/definitions/") : adapt(value);
  }
  return adapted;
}

async function generate() {
  const definitions = {};
  for (const source of SOURCES) Object.assign(definitions, adapt(schemasOf(source)));
  return compile(
    { definitions, title: "Wire", type: "object", additionalProperties: false },
    "Wire",
    {
      additionalProperties: false,
      ignoreMinAndMaxItems: true,
      unreachableDefinitions: true,
      bannerComment:
        "/* Generated from schemas/ by `npm run types`. Do not edit: change the schema instead. */",
      format: true,
    },
  );
}

const generated = await generate();
if (!process.argv.includes("--check")) {
  writeFileSync(TARGET, generated);
} else if (readFileSync(TARGET, "utf8") !== generated) {
  console.error(`${TARGET} has drifted from the schemas: run npm run types`);
  process.exit(1);
}
