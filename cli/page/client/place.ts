/**
 * Puts what has changed in its place and leaves all else as it is: focus, selection and scroll
 * positions stay where they were.
 */

/** Makes an element like another one, which comes from the registrar. */
export function become(element: Element, wanted: Element): void {
  becomeAttributes(element, wanted);
  const keyed = new Map<string, Element>();
  for (const child of element.children) {
    const key = keyOf(child);
    if (key !== undefined) keyed.set(key, child);
  }
  let next: ChildNode | null = element.firstChild;
  for (const node of [...wanted.childNodes]) {
    const old = counterpart(node, next, keyed);
    if (old === undefined) {
      element.insertBefore(document.importNode(node, true), next);
      continue;
    }
    // What was removed before it must not make it move: to move an element takes its focus.
    if (old !== next) next = removeUntil(element, next, old, wanted);
    if (old !== next) element.insertBefore(old, next);
    else next = old.nextSibling;
    if (old instanceof Element) become(old, node as Element);
    else if (old.nodeValue !== node.nodeValue) old.nodeValue = node.nodeValue;
  }
  while (next !== null) {
    const following: ChildNode | null = next.nextSibling;
    next.remove();
    next = following;
  }
}

/** What is there already for a node that is wanted. */
function counterpart(
  node: ChildNode,
  next: ChildNode | null,
  keyed: ReadonlyMap<string, Element>,
): ChildNode | undefined {
  const key = node instanceof Element ? keyOf(node) : undefined;
  if (key !== undefined) return keyed.get(key);
  if (next === null || next.nodeName !== node.nodeName) return undefined;
  return next instanceof Element && keyOf(next) !== undefined ? undefined : next;
}

/** Removes what is not wanted any more, up to an element. Gives what then stands there. */
function removeUntil(
  parent: Element,
  from: ChildNode | null,
  until: ChildNode,
  wanted: Element,
): ChildNode | null {
  const keys = new Set([...wanted.children].map(keyOf));
  let next = from;
  while (next !== null && next !== until) {
    const key = next instanceof Element ? keyOf(next) : undefined;
    if (key !== undefined && keys.has(key)) return next;
    const following: ChildNode | null = next.nextSibling;
    parent.removeChild(next);
    next = following;
  }
  return next;
}

function keyOf(element: Element): string | undefined {
  const key = element.getAttribute("data-key") ?? element.id;
  return key === "" ? undefined : `${element.nodeName} ${key}`;
}

function becomeAttributes(element: Element, wanted: Element): void {
  for (const { name } of [...element.attributes]) {
    if (!wanted.hasAttribute(name)) element.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}
