/**
 * Draws every icon from the SVG files in icons/: `node resources/draw-icons.js CHROMIUM`.
 * Chromium rasterises; ICO and ICNS are containers of PNG written here. To be
 * run after a change of an SVG; the results are committed.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { chromium } from "playwright-core";

const icons = new URL("./icons/", import.meta.url);
const states = ["idle", "working", "paused", "trouble"];
/** The glyph's colour, and the mark's for each state; a template has one colour, which macOS replaces. */
const tones = {
  Template: { glyph: "#000", marks: {} },
  "on-light": {
    glyph: "#1a1c22",
    marks: { working: "#1d5fd1", paused: "#8a5300", trouble: "#b3261e" },
  },
  "on-dark": {
    glyph: "#fff",
    marks: { working: "#7eb0ff", paused: "#f0bb62", trouble: "#ff9c92" },
  },
};
const appSizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
/** Apple's types of PNG entries by size in pixels: plain, and for doubled density. */
const icnsTypes = [
  ["icp4", 16],
  ["icp5", 32],
  ["ic11", 32],
  ["ic12", 64],
  ["ic07", 128],
  ["ic08", 256],
  ["ic13", 256],
  ["ic09", 512],
  ["ic14", 512],
  ["ic10", 1024],
];

const [executablePath] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath });
const page = await browser.newPage();
await drawApp();
for (const state of states) await drawTray(state);
await browser.close();

async function drawApp() {
  const svg = await readFile(new URL("app.svg", icons), "utf8");
  const drawn = new Map();
  await mkdir(new URL("linux/", icons), { recursive: true });
  for (const size of appSizes) {
    const png = await draw(svg, size);
    drawn.set(size, png);
    if (size <= 512)
      await writeFile(new URL(`linux/${size}x${size}.png`, icons), png);
  }
  await writeFile(new URL("app-256.png", icons), drawn.get(256));
  await writeFile(
    new URL("app.ico", icons),
    ico([16, 24, 32, 48, 64, 128, 256].map((size) => [size, drawn.get(size)])),
  );
  await writeFile(
    new URL("app.icns", icons),
    icns(icnsTypes.map(([type, size]) => [type, drawn.get(size)])),
  );
}

async function drawTray(state) {
  const svg = await readFile(new URL(`tray-${state}.svg`, icons), "utf8");
  for (const [tone, { glyph, marks }] of Object.entries(tones)) {
    const style = `color:${glyph};--mark:${marks[state] ?? glyph}`;
    // macOS' bar is 22 points high and wants room around; Linux' panels take 24.
    const size = tone === "Template" ? 18 : 24;
    for (const [suffix, scale] of [
      ["", 1],
      ["@2x", 2],
    ])
      await writeFile(
        new URL(`tray-${state}-${tone}${suffix}.png`, icons),
        await draw(svg, size * scale, style),
      );
    if (tone === "Template") continue;
    const sizes = [];
    for (const pixels of [16, 20, 24, 32, 48])
      sizes.push([pixels, await draw(svg, pixels, style)]);
    await writeFile(new URL(`tray-${state}-${tone}.ico`, icons), ico(sizes));
  }
}

async function draw(svg, size, style = "") {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>body{margin:0;${style}}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
  );
  return page.screenshot({ omitBackground: true });
}

/** An ICO file: a directory of 16 bytes for each picture, then the PNGs (Windows Vista and newer). */
function ico(pictures) {
  const header = Buffer.alloc(6 + 16 * pictures.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(pictures.length, 4);
  let offset = header.length;
  pictures.forEach(([size, png], at) => {
    const entry = 6 + 16 * at;
    // 256 does not fit a byte and is written as 0.
    header.writeUInt8(size % 256, entry);
    header.writeUInt8(size % 256, entry + 1);
    header.writeUInt16LE(1, entry + 4);
    header.writeUInt16LE(32, entry + 6);
    header.writeUInt32LE(png.length, entry + 8);
    header.writeUInt32LE(offset, entry + 12);
    offset += png.length;
  });
  return Buffer.concat([header, ...pictures.map(([, png]) => png)]);
}

/** An ICNS file: "icns" and the whole length, then each picture with its type and length. */
function icns(pictures) {
  const parts = pictures.flatMap(([type, png]) => {
    const head = Buffer.alloc(8);
    head.write(type, "latin1");
    head.writeUInt32BE(png.length + 8, 4);
    return [head, png];
  });
  const head = Buffer.alloc(8);
  head.write("icns", "latin1");
  head.writeUInt32BE(
    8 + parts.reduce((sum, part) => sum + part.length, 0),
    4,
  );
  return Buffer.concat([head, ...parts]);
}
