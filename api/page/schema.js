// JSON Schema as people read it: names, kinds, limits, words, and what lies inside.

let description; // the OpenAPI document

/** What a `$ref` stands for, with whatever is said beside it. */
function resolved(part) {
  if (!part?.$ref) return part ?? {};
  const found = part.$ref.slice(2).split("/").reduce((at, name) => at?.[name.replaceAll("~1", "/")], description);
  return { ...resolved(found), ...part, $ref: undefined, name: part.$ref.split("/").pop() };
}

const choices = (schema) => schema.anyOf ?? schema.oneOf;

/** "list of string", "number or null", "PNG picture". */
function kind(part) {
  const schema = resolved(part);
  if (schema.properties) return schema.name ?? "object";
  if (choices(schema)) return [...new Set(choices(schema).map(kind))].join(" or ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === "array") return `list of ${schema.items ? kind(schema.items) : "anything"}`;
  if (schema.format === "binary" || schema.contentMediaType) return "bytes";
  const name = schema.name ?? (Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type) ?? "anything";
  return schema.format ? `${name} (${schema.format})` : name;
}

const LIMITS = {
  default: "default", minimum: "at least", maximum: "at most", exclusiveMinimum: "more than", exclusiveMaximum: "less than",
  minLength: "length at least", maxLength: "length at most", minItems: "items at least", maxItems: "items at most",
  pattern: "pattern", enum: "one of", multipleOf: "multiple of",
};

function limits(part) {
  const schema = resolved(part);
  const own = Object.entries(LIMITS).filter(([name]) => (schema[name] ?? null) !== null).map(([name, words]) =>
    `${words} ${name === "enum" ? schema[name].join(", ") : name === "pattern" ? schema[name] : JSON.stringify(schema[name])}`);
  const example = schema.examples?.[0] ?? schema.example;
  return [...own, ...(example === undefined ? [] : [`such as ${JSON.stringify(example)}`])].join(", ");
}

/** One named thing: a field, a parameter, a header. */
function field(name, part, { required = false, words = "", seen = [] } = {}) {
  const schema = resolved(part), text = words || schema.description;
  const told = [kind(part), limits(part)].filter(Boolean).join("; ");
  return make("li", {},
    make("b", { textContent: name }), make("span", { className: "kind", textContent: told }),
    ...(required ? [make("span", { className: "must", textContent: "required" })] : []),
    ...(text ? paragraphs(text) : []), ...inside(part, seen));
}

/** The fields below a schema, through lists and choices; a schema inside itself is named and left. */
function inside(part, seen = []) {
  const schema = resolved(part);
  if (schema.name && seen.includes(schema.name)) return [];
  const deeper = schema.name ? [...seen, schema.name] : seen;
  if (schema.allOf) return schema.allOf.flatMap((each) => inside(each, deeper));
  if (choices(schema) && !schema.properties) {
    const told = choices(schema).map((each) => [kind(each), inside(each, deeper)]).filter(([, fields]) => fields.length);
    return told.flatMap(([name, fields]) => (told.length > 1 ? [make("p", { className: "choice", textContent: name }), ...fields] : fields));
  }
  if (schema.items) return inside(schema.items, deeper);
  const fields = Object.entries(schema.properties ?? {}).map(([name, each]) =>
    field(name, each, { required: schema.required?.includes(name), seen: deeper }));
  return fields.length ? [make("ul", { className: "fields" }, ...fields)] : [];
}

/** Plain paragraphs with the two marks of Markdown that descriptions use: `code` and [a link](…). */
function paragraphs(text) {
  return text.trim().split(/\n\s*\n/).filter(Boolean).map((paragraph) => make("p", {}, ...marks(paragraph)));
}

function marks(text) {
  return text.split(/(`[^`]+`|\[[^\]]+\]\(https?:[^)\s]+\))/).map((piece) => {
    if (piece.startsWith("`")) return make("code", { textContent: piece.slice(1, -1) });
    const link = piece.match(/^\[([^\]]+)\]\((https?:[^)\s]+)\)$/);
    return link ? make("a", { href: link[2], textContent: link[1] }) : piece;
  });
}
