// SPDX-License-Identifier: Apache-2.0
// Arrow for JavaScript reads what we write, and writes what we read; js_arrow.py compares.
//
// usage: node js_arrow.mjs ARROW_FOLDER read FILE    prints {column: [type, values]}
//        node js_arrow.mjs ARROW_FOLDER write FOLDER writes written.arrow, written.arrows, and
//                                                    written.json with what is in them
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [folder, what, path] = process.argv.slice(2);
const arrow = await import(pathToFileURL(`${folder}/Arrow.node.mjs`));

// Whole numbers that a double has not become text, bytes become numbers.
const plain = (value) => {
    if (typeof value === 'bigint')
        return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    if (typeof value === 'number' && !Number.isFinite(value))
        return String(value);
    if (value === null || value === undefined || typeof value !== 'object')
        return value ?? null;
    if (value instanceof arrow.StructRow || value instanceof arrow.MapRow)
        return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
    return Array.from(value, plain);
};

const columns = (table) => Object.fromEntries(table.schema.fields.map((field, i) => [
    field.name, [String(field.type), Array.from(table.getChildAt(i), plain)]]));

const list = (type) => new arrow.List(arrow.Field.new({ name: 'item', type, nullable: true }));

const makeTable = () => arrow.tableFromArrays({
    f64: Float64Array.from([0.5, -1, 1e300]),
    f32: Float32Array.from([0.5, -1, 3]),
    i8: Int8Array.from([-128, 0, 127]),
    u64: BigUint64Array.from([0n, 1n, 2n ** 64n - 1n]),
}).assign(new arrow.Table({
    text: arrow.vectorFromArray(['a', null, 'µ→eγ'], new arrow.Utf8()),
    large: arrow.vectorFromArray(['a', null, 'µ→eγ'], new arrow.LargeUtf8()),
    flag: arrow.vectorFromArray([true, null, false], new arrow.Bool()),
    words: arrow.vectorFromArray(['up', 'down', 'up']), // a dictionary
    lists: arrow.vectorFromArray([[1, 2], null, []], list(new arrow.Int32())),
    deep: arrow.vectorFromArray([[[1.5], []], [], [[2, null]]], list(list(new arrow.Float64()))),
}));

if (what === 'read') {
    console.log(JSON.stringify(columns(arrow.tableFromIPC(readFileSync(path)))));
} else {
    const table = makeTable();
    writeFileSync(`${path}/written.arrow`, arrow.tableToIPC(table, 'file'));
    writeFileSync(`${path}/written.arrows`, arrow.tableToIPC(table, 'stream'));
    writeFileSync(`${path}/written.json`, JSON.stringify(columns(table)));
}
