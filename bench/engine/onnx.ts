/**
 * As much of the ONNX format as a peer model needs: protocol buffers by hand, so that the benchmark wants no Python.
 * Field numbers are those of onnx.proto3.
 */

export type OnnxValue =
  | { readonly type: 'float32'; readonly dims: readonly number[]; readonly values: Float32Array }
  | { readonly type: 'int8'; readonly dims: readonly number[]; readonly values: Int8Array }
  | { readonly type: 'int64'; readonly dims: readonly number[]; readonly values: BigInt64Array };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers and lists of them; `float:` ones are written as floats. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxValue>;
  /** int64 inputs and float32 outputs: a name and its axes, a string for one of any length. */
  readonly inputs: readonly (readonly [string, readonly (string | number)[]])[];
  readonly outputs: readonly (readonly [string, readonly (string | number)[]])[];
}

const TYPES = { float32: 1, int8: 3, int64: 7 } as const;
const ATTRIBUTE = { float: 1, int: 2, ints: 7 } as const;
const IR_VERSION = 8;
const OPSET = 17;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const number = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field: number, value: Uint8Array): Buffer =>
  Buffer.concat([varint((field << 3) | 2), varint(value.byteLength), value]);
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
const message = (field: number, ...parts: readonly Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

function float(field: number, value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), four]);
}

function attribute(name: string, value: number | readonly number[] | { readonly float: number }): Buffer {
  const head = text(1, name);
  if (typeof value === 'number') return message(5, head, number(3, value), number(20, ATTRIBUTE.int));
  if ('float' in value) return message(5, head, float(2, value.float), number(20, ATTRIBUTE.float));
  return message(5, head, ...value.map((each) => number(8, each)), number(20, ATTRIBUTE.ints));
}

function node({ op, inputs, outputs, attributes = {} }: OnnxNode): Buffer {
  return message(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, outputs[0] ?? op),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  );
}

function tensor(name: string, { type, dims, values }: OnnxValue): Buffer {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(5, ...dims.map((dim) => number(1, dim)), number(2, TYPES[type]), text(8, name), bytes(9, raw));
}

function port(field: number, name: string, type: keyof typeof TYPES, axes: readonly (string | number)[]): Buffer {
  const dims = axes.map((axis) => message(1, typeof axis === 'number' ? number(1, axis) : text(2, axis)));
  return message(field, text(1, name), message(2, message(1, number(1, TYPES[type]), message(2, ...dims))));
}

/** The bytes of a .onnx file. */
export function writeOnnx({ name, nodes, constants, inputs, outputs }: OnnxGraph): Uint8Array {
  return Buffer.concat([
    number(1, IR_VERSION),
    text(2, 'findling bench'),
    message(
      7,
      ...nodes.map(node),
      text(2, name),
      ...[...constants].map(([each, value]) => tensor(each, value)),
      ...inputs.map(([each, axes]) => port(11, each, 'int64', axes)),
      ...outputs.map(([each, axes]) => port(12, each, 'float32', axes)),
    ),
    message(8, text(1, ''), number(2, OPSET)),
  ]);
}
