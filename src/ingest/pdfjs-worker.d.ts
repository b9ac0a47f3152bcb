/** pdf.js ships no types for this module; importing it sets globalThis.pdfjsWorker. */
declare module 'pdfjs-dist/legacy/build/pdf.worker.mjs';
