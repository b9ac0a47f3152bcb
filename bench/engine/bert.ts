import { type OnnxNode, type OnnxValue, writeOnnx } from './onnx.ts';

export interface BertShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly inner: number;
  readonly vocabulary: number;
  /** `states`: an embedder's last_hidden_state; `logit`: a cross-encoder's one number. */
  readonly output: 'states' | 'logit';
}

/** all-MiniLM-L6-v2 and ms-marco-MiniLM-L6: 22.7 million parameters. */
export const MINILM = { layers: 6, hidden: 384, heads: 12, inner: 1536, vocabulary: 30522 } as const;

const POSITIONS = 512;

/**
 * A BERT of random weights, quantised as Hugging Face's int8 exports are (MatMuls dynamically, word rows int8):
 * right for measuring time, meaningless otherwise.
 */
export function randomBert(shape: BertShape): Uint8Array {
  const { layers, hidden, heads, inner } = shape;
  const { nodes, constants, add, floats, int8, ints } = builder();
  const scalar = (name: string, value: number) => floats(name, [], () => value);
  const quantised = (x: string): readonly string[] =>
    add('DynamicQuantizeLinear', [x], [`${x}/q`, `${x}/scale`, `${x}/zero`]);
  const linear = (name: string, [x = '', scale = '', zero = '']: readonly string[], rows: number, columns: number) => {
    int8(`${name}.weight`, [rows, columns]);
    scalar(`${name}.scale`, 0.0006);
    int8(`${name}.zero`, [], 0);
    floats(`${name}.bias`, [columns], small);
    const [product = ''] = add('MatMulInteger', [x, `${name}.weight`, zero, `${name}.zero`], [`${name}/int`]);
    const [wide = ''] = add('Cast', [product], [`${name}/float`], { to: 1 });
    const [factor = ''] = add('Mul', [scale, `${name}.scale`], [`${name}/factor`]);
    const [scaled = ''] = add('Mul', [wide, factor], [`${name}/scaled`]);
    return only(add('Add', [`${name}.bias`, scaled], [`${name}/out`]));
  };
  const norm = (name: string, x: string) => {
    floats(`${name}.gamma`, [hidden], () => 1);
    floats(`${name}.beta`, [hidden], () => 0);
    const attributes = { axis: -1, epsilon: { float: 1e-12 } };
    return only(add('LayerNormalization', [x, `${name}.gamma`, `${name}.beta`], [`${name}/out`], attributes));
  };
  const split = (name: string, x: string, perm: readonly number[]) => {
    const [shaped = ''] = add('Reshape', [x, 'heads'], [`${name}/heads`]);
    return only(add('Transpose', [shaped], [`${name}/split`], { perm }));
  };

  ints('heads', [0, 0, heads, hidden / heads]);
  ints('joined', [0, 0, hidden]);
  scalar('root', 1 / Math.sqrt(hidden / heads));
  for (const [name, value] of Object.entries({ one: 1, half: 0.5, sqrt2: Math.SQRT2, far: -10000 }))
    scalar(name, value);
  let x = norm('embeddings', embeddings(shape, { add, floats, int8, ints, scalar }));
  const mask = attentionMask({ add, ints });
  for (let layer = 0; layer < layers; layer += 1) {
    const at = (part: string) => `layer${layer}.${part}`;
    const input = quantised(x);
    const query = split(at('query'), linear(at('query'), input, hidden, hidden), [0, 2, 1, 3]);
    const key = split(at('key'), linear(at('key'), input, hidden, hidden), [0, 2, 3, 1]);
    const value = split(at('value'), linear(at('value'), input, hidden, hidden), [0, 2, 1, 3]);
    const [dots = ''] = add('MatMul', [query, key], [at('dots')]);
    const [scaled = ''] = add('Mul', [dots, 'root'], [at('scaled')]);
    const [masked = ''] = add('Add', [scaled, mask], [at('masked')]);
    const [weights = ''] = add('Softmax', [masked], [at('weights')], { axis: -1 });
    const [mixed = ''] = add('MatMul', [weights, value], [at('mixed')]);
    const [turned = ''] = add('Transpose', [mixed], [at('turned')], { perm: [0, 2, 1, 3] });
    const [flat = ''] = add('Reshape', [turned, 'joined'], [at('flat')]);
    const attended = linear(at('attended'), quantised(flat), hidden, hidden);
    const first = norm(at('norm1'), only(add('Add', [attended, x], [at('sum1')])));
    const wide = gelu(add, at('gelu'), linear(at('inner'), quantised(first), hidden, inner));
    const narrow = linear(at('outer'), quantised(wide), inner, hidden);
    x = norm(at('norm2'), only(add('Add', [narrow, first], [at('sum2')])));
  }
  if (shape.output === 'logit') {
    ints('first', 0);
    floats('classifier', [hidden, 1], small);
    const [cls = ''] = add('Gather', [x, 'first'], ['cls'], { axis: 1 });
    add('MatMul', [cls, 'classifier'], ['logits']);
  } else add('Identity', [x], ['last_hidden_state']);
  const axes = ['batch', 'sequence'];
  return writeOnnx({
    name: 'random-bert',
    nodes,
    constants,
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => [name, axes] as const),
    outputs: [shape.output === 'logit' ? ['logits', ['batch', 1]] : ['last_hidden_state', [...axes, hidden]]],
  });
}

type Builder = ReturnType<typeof builder>;

function builder() {
  const nodes: OnnxNode[] = [];
  const constants = new Map<string, OnnxValue>();
  const volume = (dims: readonly number[]) => dims.reduce((product, dim) => product * dim, 1);
  return {
    nodes,
    constants,
    add(
      op: string,
      inputs: readonly string[],
      outputs: readonly string[],
      attributes: NonNullable<OnnxNode['attributes']> = {},
    ): readonly string[] {
      nodes.push({ op, inputs, outputs, attributes });
      return outputs;
    },
    floats(name: string, dims: readonly number[], value: () => number): void {
      constants.set(name, { type: 'float32', dims, values: Float32Array.from({ length: volume(dims) }, value) });
    },
    int8(name: string, dims: readonly number[], value?: number): void {
      const values = new Int8Array(volume(dims));
      for (let i = 0; i < values.length; i += 1) values[i] = value ?? Math.round(random() * 254 - 127);
      constants.set(name, { type: 'int8', dims, values });
    },
    ints(name: string, value: number | readonly number[]): void {
      const list = typeof value === 'number' ? [value] : value;
      const dims = typeof value === 'number' ? [] : [list.length];
      constants.set(name, { type: 'int64', dims, values: BigInt64Array.from(list, BigInt) });
    },
  };
}

let state = 1;

/** Any numbers will do, the same each time. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

const small = () => random() * 0.04 - 0.02;

function only([name = '']: readonly string[]): string {
  return name;
}

function embeddings(
  { hidden, vocabulary }: BertShape,
  { add, floats, int8, ints, scalar }: Omit<Builder, 'nodes' | 'constants'> & { scalar(name: string, v: number): void },
): string {
  int8('words', [vocabulary, hidden]);
  scalar('words.scale', 0.0005);
  int8('words.zero', [], 0);
  floats('places', [POSITIONS, hidden], small);
  floats('types', [2, hidden], small);
  ints('zero', [0]);
  const [rows = ''] = add('Gather', ['words', 'input_ids'], ['words/rows'], { axis: 0 });
  const [words = ''] = add('DequantizeLinear', [rows, 'words.scale', 'words.zero'], ['words/float']);
  const [shape = ''] = add('Shape', ['input_ids'], ['shape']);
  ints('axes1', [1]);
  const [length = ''] = add('Gather', [shape, 'axes1'], ['length'], { axis: 0 });
  const [places = ''] = add('Slice', ['places', 'zero', length], ['places/own']);
  const [types = ''] = add('Gather', ['types', 'token_type_ids'], ['types/rows'], { axis: 0 });
  const [both = ''] = add('Add', [words, types], ['embeddings/sum1']);
  return only(add('Add', [both, places], ['embeddings/sum2']));
}

/** 0 where a token is, very negative where padding is: [batch, 1, 1, sequence]. */
function attentionMask({ add, ints }: Pick<Builder, 'add' | 'ints'>): string {
  ints('axes12', [1, 2]);
  const [wide = ''] = add('Unsqueeze', ['attention_mask', 'axes12'], ['mask/wide']);
  const [float = ''] = add('Cast', [wide], ['mask/float'], { to: 1 });
  const [gap = ''] = add('Sub', ['one', float], ['mask/gap']);
  return only(add('Mul', [gap, 'far'], ['mask/out']));
}

function gelu(add: Builder['add'], name: string, x: string): string {
  const [scaled = ''] = add('Div', [x, 'sqrt2'], [`${name}/scaled`]);
  const [erf = ''] = add('Erf', [scaled], [`${name}/erf`]);
  const [plus = ''] = add('Add', [erf, 'one'], [`${name}/plus`]);
  const [product = ''] = add('Mul', [x, plus], [`${name}/product`]);
  return only(add('Mul', [product, 'half'], [`${name}/out`]));
}
