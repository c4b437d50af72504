// The corner of the picture in which something hides least of what matters.

export interface Rectangle { left: number; top: number; width: number; height: number }

/** Corners as shares of the free room from the left and from the top; of equal ones the first is taken. */
export const CORNERS = [{ x: 0, y: 1 }, { x: 1, y: 1 }, { x: 0, y: 0 }, { x: 1, y: 0 }] as const;

/** Return the corner of a room in which a thing of a size covers fewest of the rectangles. */
export function freestCorner(rectangles: readonly Rectangle[], room: readonly [number, number], size: readonly [number, number]): (typeof CORNERS)[number] {
  const hidden = CORNERS.map(({ x, y }) => {
    const [left, top] = [x * (room[0] - size[0]), y * (room[1] - size[1])];
    return rectangles.filter((one) => one.left < left + size[0] && one.left + one.width > left
      && one.top < top + size[1] && one.top + one.height > top).length;
  });
  return CORNERS[hidden.indexOf(Math.min(...hidden))];
}
