// SPDX-License-Identifier: Apache-2.0
// A report, as `beamline evaluate` writes it: BEAMLINE_REPORT, opened from file://.
import assert from "node:assert";
import { statSync } from "node:fs";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { open, picture, start } from "./browser.mjs";
import { contrast, figures, overflow } from "./checks.mjs";

const report = process.env.BEAMLINE_REPORT;
let browser;
before(async () => { browser = await start(); });
after(() => browser.close());

test("is one file, small and without errors", async () => {
    assert.ok(statSync(report).size < 3e6, `${statSync(report).size} bytes`);
    const page = await open(browser, report);
    assert.deepStrictEqual(page.errors, []);
    assert.deepStrictEqual(page.requests.filter((url) => !url.startsWith("data:")),
                           [pathToFileURL(report).href]);
});

test("every figure is legible", async () => {
    const page = await open(browser, report);
    assert.ok(await page.locator("svg.bl-chart").count() > 0, "no figures");
    // Around the widths at which columns of figures, and the list of sections, begin to be there.
    for (const width of [600, 990, 995, 1100, 1200, 1279, 1281, 1600, 2500]) {
        await page.setViewportSize({ width, height: 900 });
        assert.deepStrictEqual(await figures(page), [], `${width} px`);
        assert.deepStrictEqual(await overflow(page), [], `${width} px`);
    }
});

for (const colorScheme of ["light", "dark"])
    test(`${colorScheme} colours can be told from what is behind them`, async () => {
        const page = await open(browser, report, { colorScheme });
        await picture(page, `report-${colorScheme}`);
        assert.deepStrictEqual(await contrast(page), []);
    });

test("fits a narrow screen", async () => {
    const page = await open(browser, report, { viewport: { width: 390, height: 800 } });
    await picture(page, "report-narrow");
    assert.deepStrictEqual(await overflow(page), []);
    // Figures do not shrink so far, but are scrolled.
    assert.deepStrictEqual(await figures(page, 10), []);
});

test("can be printed", async () => {
    const page = await open(browser, report, { colorScheme: "dark" });
    await page.emulateMedia({ media: "print" });
    await picture(page, "report-print");
    assert.deepStrictEqual(await contrast(page), []);
    const pdf = await page.pdf({ format: "A4" });
    assert.strictEqual(pdf.subarray(0, 5).toString(), "%PDF-");
    assert.ok(pdf.length > 10_000, `${pdf.length} bytes`);
});
