/** GitHub's anchors for headings: lower case, punctuation off, blanks to hyphens, repeated ones numbered. */
export function slugger(): (heading: string) => string {
  const used = new Map<string, number>();
  return (heading) => {
    const slug = heading
      .toLowerCase()
      .trim()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    let count = used.get(slug) ?? 0;
    let anchor = count === 0 ? slug : `${slug}-${count}`;
    while (count > 0 && used.has(anchor)) {
      count += 1;
      anchor = `${slug}-${count}`;
    }
    used.set(slug, count + 1);
    if (anchor !== slug) used.set(anchor, 1);
    return anchor;
  };
}
