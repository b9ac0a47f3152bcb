import { describe, expect, it, vi } from 'vitest';
import { JUDGE_PAGE } from './judge-page.ts';

/** As much of an element as the page's script uses. */
class FakeElement {
  readonly attributes = new Map<string, string>();
  readonly listeners = new Map<string, (event: object) => void>();
  children: readonly unknown[] = [];
  textContent = '';
  constructor(private readonly focused: (element: FakeElement) => void) {}
  append(...children: readonly unknown[]) {
    this.children = [...this.children, ...children];
  }
  replaceChildren(...children: readonly unknown[]) {
    this.children = children;
  }
  setAttribute(name: string, value: string) {
    this.attributes.set(name, value);
  }
  addEventListener(name: string, listener: (event: object) => void) {
    this.listeners.set(name, listener);
  }
  focus() {
    this.focused(this);
  }
}

/** Runs the page's script; `answer` is the server. */
function openPage(answer: (path: string, body: unknown) => Promise<unknown>) {
  let active: FakeElement | undefined;
  const make = () => new FakeElement((element) => (active = element));
  const named = new Map<string, FakeElement>();
  const byId = (id: string) => named.get(id) ?? named.set(id, make()).get(id);
  const page = make();
  const document = {
    createElement: make,
    getElementById: byId,
    addEventListener: page.addEventListener.bind(page),
    get activeElement() {
      return active;
    },
  };
  const fetch = async (path: string, { body }: { body?: string }) => {
    const value = await answer(path, body === undefined ? undefined : JSON.parse(body));
    return { ok: true, json: async () => value };
  };
  const script = /<script>([\s\S]*)<\/script>/.exec(JUDGE_PAGE)?.[1] ?? '';
  new Function('document', 'fetch', 'HTMLInputElement', script)(document, fetch, class {});
  return {
    press: (key: string) => page.listeners.get('keydown')?.({ key, preventDefault: () => undefined }),
    question: () => byId('question')?.textContent,
    results: () => (byId('results')?.children ?? []).map((each) => (each as FakeElement).attributes.get('aria-label')),
  };
}

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('the page of findling judge', () => {
  it('gives no grade under a question that was opened before the last grade was saved', async () => {
    const grades: unknown[] = [];
    const [saved, second] = [gate(), gate()];
    const page = openPage(async (path, body) => {
      if (path === 'queries') return ['a', 'b'].map((id) => ({ id, text: id, graded: 0 }));
      if (path === 'results?query=b') await second.opened;
      if (path.startsWith('results')) return [1, 2].map((at) => ({ id: `${path.at(-1)}${at}`, grade: null }));
      grades.push(body);
      await saved.opened;
      return {};
    });
    await vi.waitFor(() => expect(page.results()).toHaveLength(2));
    page.press('2');
    page.press('n');
    expect(page.question()).toBe('b');
    saved.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(page.results()).toEqual([]);
    page.press('3');
    second.open();
    await vi.waitFor(() => expect(page.results()).toHaveLength(2));
    page.press('1');
    expect(grades).toEqual([
      { query: 'a', document: 'a1', grade: 2 },
      { query: 'b', document: 'b1', grade: 1 },
    ]);
  });
});
