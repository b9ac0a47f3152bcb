import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BertShape, MINILM, randomBert } from './bert.ts';
import { CACHE } from './corpus.ts';

const VOCABULARY = resolve(import.meta.dirname, '../../models/wordpiece/vocab.txt');
/** Raised whenever a model would be made otherwise. */
const VERSION = 1;

/** Folder of the peers' models, made once a machine: served at /peers. */
export const PEERS = join(CACHE, `peers-${VERSION}`);

function once(path: string, make: () => string | Uint8Array): void {
  if (existsSync(path)) return;
  mkdirSync(resolve(path, '..'), { recursive: true });
  // Under another name first: a run that is killed must not leave half a model.
  writeFileSync(`${path}.part`, make());
  renameSync(`${path}.part`, path);
}

/** An embedder of MiniLM's shape in the folder that transformers.js expects. */
export function preparePeerEmbedder(): void {
  const folder = join(PEERS, 'minilm');
  const { hidden, layers, heads, inner, vocabulary } = MINILM;
  once(join(folder, 'onnx/model_quantized.onnx'), () => randomBert({ ...MINILM, output: 'states' }));
  once(join(folder, 'config.json'), () =>
    JSON.stringify({
      architectures: ['BertModel'],
      model_type: 'bert',
      hidden_size: hidden,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      intermediate_size: inner,
      vocab_size: vocabulary,
      max_position_embeddings: 512,
      type_vocab_size: 2,
    }),
  );
  const config = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    model_max_length: 256,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
    mask_token: '[MASK]',
  };
  once(join(folder, 'tokenizer_config.json'), () => JSON.stringify(config));
  once(join(folder, 'tokenizer.json'), () => JSON.stringify(tokenizer()));
}

/** A cross-encoder of that shape: file name below PEERS. */
export function preparePeerReranker(name: string, shape: Omit<BertShape, 'output'>): string {
  const file = `${name}.int8.onnx`;
  once(join(PEERS, file), () => randomBert({ ...shape, output: 'logit' }));
  return file;
}

function tokenizer() {
  const words = readFileSync(VOCABULARY, 'utf8').trimEnd().split('\n');
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const id = (word: string) => words.indexOf(word);
  const part = (name: 'CLS' | 'SEP') => ({ SpecialToken: { id: `[${name}]`, type_id: 0 } });
  const sequence = (which: 'A' | 'B', type: number) => ({ Sequence: { id: which, type_id: type } });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content) => ({
      id: id(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [part('CLS'), sequence('A', 0), part('SEP')],
      pair: [part('CLS'), sequence('A', 0), part('SEP'), sequence('B', 1), part('SEP')],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((name) => [name, { id: name, ids: [id(name)], tokens: [name] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, at) => [word, at])),
    },
  };
}
