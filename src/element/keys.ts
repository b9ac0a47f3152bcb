/** Whether a key belongs to a conversion (Japanese, Chinese). Safari reports the Enter that ends one with the code 229 alone. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** The step that an arrow asks for in a list. With a modifier it belongs to the text: it selects, or moves within it. */
export function stepOf({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent): number | undefined {
  return shiftKey || ctrlKey || altKey || metaKey ? undefined : { ArrowDown: 1, ArrowUp: -1 }[key];
}

/** The keys by which a click opens another tab or window. */
export function modifiersOf({ ctrlKey, metaKey, shiftKey }: KeyboardEvent): MouseEventInit {
  return { ctrlKey, metaKey, shiftKey };
}

/** Follows a link as a click with these keys does. */
export function follow(link: Element, keys: MouseEventInit): void {
  link.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, composed: true, ...keys }));
}
