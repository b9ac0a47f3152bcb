/** Compiles a kernel that stands in the code as base64; undefined where there is no WebAssembly, no SIMD, or a policy without 'wasm-unsafe-eval'. */
export async function compileInlined(base64: string): Promise<WebAssembly.Module | undefined> {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    return await WebAssembly.compile(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
