// Turns a comment's Markdown (standard input) into the page that GitHub would show.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const modules = process.argv[2];
const require = createRequire(join(modules, "package.json"));
const load = (name) => {
  const loaded = require(name);
  return loaded.default ?? loaded;
};
const markdown = load("markdown-it")({ html: true, linkify: true }).use(
  load("markdown-it-github-alerts"),
);
const read = (path) => readFileSync(join(modules, "node_modules", path), "utf8");
const styles = [
  read("github-markdown-css/github-markdown-light.css"),
  read("markdown-it-github-alerts/styles/github-base.css"),
  read("markdown-it-github-alerts/styles/github-colors-light.css"),
].join("\n");
const frame = `
  body { margin: 0; background: #fff; padding: 18px; font-family: Inter, sans-serif; }
  .comment { border: 1px solid #d1d9e0; border-radius: 6px; max-width: 864px; }
  .by { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0;
    padding: 8px 16px; font: 14px Inter, sans-serif; color: #59636e; }
  .by b { color: #1f2328; }
  .bot { border: 1px solid #d1d9e0; border-radius: 2em; padding: 0 7px; font-size: 12px; }
  .markdown-body { padding: 16px; font-size: 14px; font-family: Inter, sans-serif; }
  .markdown-body sub { font-size: 75%; }`;
const body = markdown.render(readFileSync(0, "utf8"));
process.stdout.write(`<!doctype html><html lang="en"><head><meta charset="utf-8">
<style>${styles}${frame}</style></head><body><div class="comment">
<div class="by"><b>github-actions</b> <span class="bot">bot</span> commented</div>
<article class="markdown-body">${body}</article></div></body></html>`);
