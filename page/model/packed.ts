// Texts that lie in the file deflated, in base64, and are inflated beside the page's thread.

/** @returns `undefined` where it is damaged: what a browser says of that is about a fetch that nobody made */
export const inflateText = async (base64: string): Promise<string | undefined> => {
  try {
    const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
    return await new Response(
      new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')),
    ).text();
  } catch {
    return undefined;
  }
};
