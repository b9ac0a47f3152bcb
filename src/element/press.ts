/** A tap's click comes in a task of its own after the finger has been lifted. */
const CLICK_MS = 100;

/**
 * Holds a list still while a mouse or a finger is pressed on it: a click counts only where it is lifted from what it was pressed on,
 * and must not open what has just come there.
 */
export class Press {
  /** What was pressed last: there the visitor may have begun to select a text. */
  target: Node | undefined;
  #isHeld = false;
  #update: (() => void) | undefined;
  #lifted: ReturnType<typeof setTimeout> | undefined;

  constructor(list: HTMLElement) {
    list.addEventListener('pointerdown', ({ target }) => {
      clearTimeout(this.#lifted);
      this.target = target as Node;
      this.#isHeld = true;
      const listening = new AbortController();
      const lift = () => {
        listening.abort();
        this.#lifted = setTimeout(() => this.#end(), CLICK_MS);
      };
      const { signal } = listening;
      // After a menu and outside of the window, nobody may hear of the lifting.
      for (const type of ['pointerup', 'pointercancel', 'contextmenu'])
        window.addEventListener(type, lift, { capture: true, signal });
      document.documentElement.addEventListener('pointerleave', lift, { signal });
    });
  }

  /** Changes the list: now, or once nothing is pressed on it. Of several changes that wait, the last is made. */
  update(change: () => void): void {
    if (this.#isHeld) this.#update = change;
    else change();
  }

  #end(): void {
    const change = this.#update;
    this.#isHeld = false;
    this.#update = undefined;
    change?.();
  }
}
