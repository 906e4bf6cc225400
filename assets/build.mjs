// Builds portal/static/: one style sheet, the script of every page, the two of pages on which people sign, the fonts and
// the icon, each named by its content, and manifest.json, which portal/pages.py reads to find them.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "..");
const modules = join(root, "node_modules");
const target = join(root, "portal", "static");

/** The @font-face rules of Golos Text: a file for each script, so that a page loads only what its letters need. */
function fontFaces() {
  const font = join(modules, "@fontsource", "golos-text");
  const ranges = JSON.parse(readFileSync(join(font, "unicode.json"), "utf8"));
  return [400, 600]
    .flatMap((weight) =>
      Object.entries(ranges).map(
        ([script, range]) => `@font-face {
  font-family: "Golos Text";
  font-style: normal;
  font-weight: ${weight};
  font-display: swap;
  src: url("${join(font, "files", `golos-text-${script}-${weight}-normal.woff2`)}") format("woff2");
  unicode-range: ${range};
}`,
      ),
    )
    .join("\n");
}

const styles = {
  name: "sass",
  setup(build) {
    build.onLoad({ filter: /\.scss$/ }, ({ path }) => ({
      contents: fontFaces() + sass.compile(path, { loadPaths: [modules], quietDeps: true, charset: false }).css,
      loader: "css",
      resolveDir: here,
    }));
  },
};

/** What is built, and under which name pages ask for it. */
const entries = {
  "assets/portal.js": "portal",
  "assets/portal.scss": "portal",
  "assets/signing/panel.js": "signing",
  "assets/signing/worker.js": "signing-worker",
};

mkdirSync(target, { recursive: true });
const built = await esbuild.build({
  absWorkingDir: root,
  entryPoints: Object.entries(entries).map(([path, name]) => ({ in: join(root, path), out: name })),
  outdir: target,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  metafile: true,
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  loader: { ".woff2": "file" },
  plugins: [styles],
  legalComments: "linked",
  logLevel: "warning",
});

const manifest = {};
for (const [path, output] of Object.entries(built.metafile.outputs)) {
  if (output.entryPoint) {
    manifest[entries[output.entryPoint] + extname(path)] = basename(path);
  }
}
for (const name of ["icon.svg"]) {
  const digest = createHash("sha256").update(readFileSync(join(here, name))).digest("hex").slice(0, 8).toUpperCase();
  manifest[name] = `${basename(name, extname(name))}-${digest}${extname(name)}`;
  copyFileSync(join(here, name), join(target, manifest[name]));
}
const licences = { "golos-text": "@fontsource/golos-text", "node-forge": "node-forge", "ncalayer-js-client": "ncalayer-js-client" };
for (const [name, folder] of Object.entries(licences)) {
  copyFileSync(join(modules, folder, "LICENSE"), join(target, `${name}.LICENSE.txt`));
}
writeFileSync(join(target, "manifest.new"), JSON.stringify(manifest, null, 2) + "\n");
renameSync(join(target, "manifest.new"), join(target, "manifest.json")); // nobody ever reads half of it

// What an earlier build has left goes last, so that a portal that starts meanwhile finds a whole set.
const texts = Object.keys(licences).map((name) => `${name}.LICENSE.txt`);
const kept = new Set(["manifest.json", ...texts, ...Object.values(manifest)]);
for (const path of Object.keys(built.metafile.outputs)) {
  kept.add(basename(path));
}
for (const name of readdirSync(target)) {
  if (!kept.has(name) && !kept.has(name.replace(".LEGAL.txt", ""))) {
    rmSync(join(target, name), { recursive: true });
  }
}
