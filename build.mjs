// Builds the browser's files: bundles of our CSS and JS, one sprite of icons, and a manifest that maps names to hashed names.
//   node build.mjs           once
//   node build.mjs --watch   again at every change
// Out: ui_builder/looseleaf_ui_builder/static/dist/{NAME-HASH.css, NAME-HASH.js, icons-HASH.svg, manifest.json, icons.json, licences.txt}

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const wing = join(root, "ui_builder", "looseleaf_ui_builder");
const assets = join(wing, "assets");
const out = join(wing, "static", "dist");
const ENTRIES = ["css/app.css", "js/app.js", "js/builder.js"];
const SHIPPED = ["htmx.org", "sortablejs", "lucide-static"];
const ICON_PLACES = [
  { folder: join(wing, "templates"), pattern: /\bicon\(\s*["']([a-z0-9-]+)["']/g, strict: true },
  { folder: join(root, "examples"), pattern: /^\s*icon:\s*["']?([a-z0-9-]+)/gm, strict: false },
  { folder: join(root, "platform"), pattern: /^\s*icon:\s*["']?([a-z0-9-]+)/gm, strict: false },
];
const TEXT = /\.(html|j2|ya?ml)$/;

function* filesBelow(folder) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else if (TEXT.test(name)) yield path;
  }
}

/** Names of the icons in use, and of those that the builder offers. An unknown name in a template stops the build. */
function iconNames(known) {
  const names = new Set(readFileSync(join(assets, "icons.txt"), "utf8").split(/\s+/).filter(Boolean));
  for (const { folder, pattern, strict } of ICON_PLACES) {
    for (const file of filesBelow(folder)) {
      for (const [, name] of readFileSync(file, "utf8").matchAll(pattern)) {
        if (known(name)) names.add(name);
        else if (strict) throw new Error(`${file}: there is no icon "${name}"`);
      }
    }
  }
  return [...names].sort();
}

/** One SVG with a symbol for each icon: <svg><use href="…/icons-HASH.svg#NAME"></svg>. */
function sprite(names, folder) {
  const drawn = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  const symbols = names.map((name) => {
    const inside = readFileSync(join(folder, `${name}.svg`), "utf8").match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
    return `<symbol id="${name}" viewBox="0 0 24 24" ${drawn}>${inside.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Lucide icons, ISC licence: see licences.txt -->\n${symbols.join("\n")}\n</svg>\n`;
}

/** The licence texts of everything that ends up in the browser. */
function licences() {
  return SHIPPED.map((name) => {
    const folder = join(root, "node_modules", name);
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(folder, file), "utf8") : `Licence: ${about.license}\n`;
    return `${name} ${about.version}\n\n${text.trim()}\n`;
  }).join(`\n${"-".repeat(80)}\n\n`);
}

const icons = {
  name: "icons-manifest-licences",
  setup(build) {
    build.onEnd((result) => {
      if (result.errors.length) return;
      const folder = join(root, "node_modules", "lucide-static", "icons");
      const names = iconNames((name) => existsSync(join(folder, `${name}.svg`)));
      const svg = sprite(names, folder);
      const manifest = { "icons.svg": `icons-${createHash("sha256").update(svg).digest("hex").slice(0, 8).toUpperCase()}.svg` };
      for (const [path, { entryPoint }] of Object.entries(result.metafile.outputs)) {
        if (entryPoint) manifest[basename(entryPoint)] = basename(path);
      }
      writeFileSync(join(out, manifest["icons.svg"]), svg);
      writeFileSync(join(out, "icons.json"), JSON.stringify(names));
      writeFileSync(join(out, "licences.txt"), licences());
      writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
      const current = new Set([...Object.values(manifest), "icons.json", "licences.txt", "manifest.json"]);
      for (const name of readdirSync(out)) {
        const base = name.replace(/\.map$/, "");
        if (!current.has(base) && !name.startsWith(".")) rmSync(join(out, name));
      }
      console.log(`Built ${Object.values(manifest).join(", ")}`);
    });
  },
};

mkdirSync(out, { recursive: true });
const watching = process.argv.includes("--watch");
const options = {
  absWorkingDir: root,
  entryPoints: ENTRIES.map((entry) => join(assets, entry)).filter(existsSync),
  outdir: out,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  sourcemap: watching ? "linked" : false,
  format: "esm",
  target: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark()
  metafile: true,
  loader: { ".svg": "file", ".woff2": "file" },
  logLevel: "warning",
  plugins: [icons],
};

if (watching) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  try {
    await esbuild.build(options);
  } catch (error) {
    if (!error.errors?.length) throw error; // esbuild has already said its own
    for (const { pluginName, text } of error.errors) if (pluginName) console.error(text);
    process.exitCode = 1;
  }
}
