// Builds the pages into gateway/http/web (or `--out FOLDER`); names after the options build only these: `npm run build -- admin`.
//
// The same sources give the same bytes on every machine: exact versions in package-lock.json, no dates, no paths of this folder.
// HTML names its script and style with their hash (`?v=…`), so that browsers may keep them for ever; fonts have the hash in their name.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: "string" } } });
const out = options.out ?? join(here, "../../gateway/http/web");

const PAGES = { chat: "index.html", admin: "admin.html" }; // a folder of src/ → the page it becomes

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

async function buildPage(name) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: { [name]: `src/${name}/main.jsx` },
    outdir: out,
    publicPath: "/assets",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file" },
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none", // their licences are in licences.txt
    write: false,
  });
  const versions = Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), hash(contents)]));
  const font = Object.keys(versions).find((file) => file.includes("-latin-wght"));
  const template = await readFile(join(here, "src", name, "page.html"), "utf8");
  const html = template.replace(/\{\{(\w+)\}\}/g, (_, key) => ({ ...versions, script: `${name}.js?v=${versions[`${name}.js`]}`, style: `${name}.css?v=${versions[`${name}.css`]}`, font })[key]);
  for (const { path, contents } of outputFiles) await writeFile(path, contents);
  await writeFile(join(out, PAGES[name]), html);
}

async function writeLicences() {
  const parts = ["What other people wrote and these pages contain.\n"];
  for (const name of ["preact", "@preact/signals", "@preact/signals-core", "lucide", "@fontsource-variable/figtree"]) {
    const folder = join(here, "node_modules", name);
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((file) => /^licen[sc]e/i.test(file));
    parts.push(`\n## ${name} ${version}\n\n${(await readFile(join(folder, file), "utf8")).trim()}\n`);
  }
  await writeFile(join(out, "licences.txt"), parts.join(""));
}

await mkdir(out, { recursive: true });
const names = positionals.length ? positionals : Object.keys(PAGES).filter((name) => existsSync(join(here, "src", name, "main.jsx")));
for (const name of names) await buildPage(name);
await writeLicences();
const icon = join(here, "src/icon.svg");
await writeFile(join(out, "icon.svg"), await readFile(icon));
if (!positionals.length) {
  const pages = await Promise.all(Object.values(PAGES).map((page) => readFile(join(out, page), "utf8").catch(() => "")));
  const styles = await Promise.all(names.map((name) => readFile(join(out, `${name}.css`), "utf8")));
  const used = [...pages, ...styles].join("");
  for (const file of await readdir(out)) if (file.endsWith(".woff2") && !used.includes(file)) await rm(join(out, file)); // fonts of a version before
}
