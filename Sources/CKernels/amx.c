// Matrix products of bfloat16 numbers on Intel's Advanced Matrix Extensions: a tile register has 16 rows of 64 bytes, and one
// instruction multiplies [16, 32] by [32, 16]. Operands are copied into such tiles first, rounded to bfloat16. Two numbers that
// follow each other along the inner dimension lie side by side, as one 32-bit lane.
#include "include/bf16.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AMX __attribute__((target("arch=x86-64-v4,avx512bf16,amx-tile,amx-bf16")))

enum { SIDE = 16, DEPTH = 32, TILE = SIDE * DEPTH };

// The most that is packed at a time: 512 of the inner dimension, 256 tiles of a (256 KiB) and 128 of b (128 KiB).
enum { MOST_DEPTH = 512, A_TILES = 256, B_TILES = 128 };

// A matrix seen as [lines, inner]: a as it is, b as its columns. Element (i, l) is at i * line + l * inner; one of the
// two steps is 1.
struct operand {
  const float *values;
  ptrdiff_t lines, depth, line, inner;
};

static int allow(void) {
  unsigned a, b, c, d;
  if (!__builtin_cpu_supports("x86-64-v4")) return 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 22 & 1) || !(d >> 24 & 1)) return 0;  // AMX-BF16, AMX-TILE
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) return 0;                     // AVX512-BF16
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

int recall_has_bf16_products(void) {
  static int known;  // 0 not asked yet, 1 no, 2 yes; each thread would find the same
  int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (!answer) __atomic_store_n(&known, answer = 1 + allow(), __ATOMIC_RELAXED);
  return answer == 2;
}

static ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static ptrdiff_t parts(ptrdiff_t whole, ptrdiff_t part) { return (whole + part - 1) / part; }

// How many lines are packed at a time: as many as fit into `most` tiles. An even number of tiles, because four are
// computed together.
static ptrdiff_t strip(ptrdiff_t lines, ptrdiff_t depth, ptrdiff_t most) {
  const ptrdiff_t tiles = most / (depth > 0 ? parts(depth, DEPTH) : 1);
  return smaller(lines, (tiles & ~(ptrdiff_t)1) * SIDE);
}

static size_t tiles(ptrdiff_t lines, ptrdiff_t depth) { return (size_t)(parts(lines, SIDE) * parts(depth, DEPTH)); }

size_t recall_bf16_memory(ptrdiff_t m, ptrdiff_t k, ptrdiff_t n) {
  k = smaller(k, MOST_DEPTH);
  return 64 + (tiles(strip(m, k, A_TILES), k) + tiles(strip(n, k, B_TILES), k)) * TILE * sizeof(uint16_t);
}

AMX static inline __mmask16 first(ptrdiff_t count) {
  return (__mmask16)(count >= 16 ? 0xffff : count <= 0 ? 0 : (1 << count) - 1);
}

AMX static inline __m512i pairs(__m512 low, __m512 high) { return (__m512i)_mm512_cvtne2ps_pbh(high, low); }

// Transposes 16 × 16 lanes: in four stages, blocks of 1, 2, 4 and 8 lanes beside the diagonal change places.
AMX static inline void transpose(__m512i x[SIDE]) {
#pragma clang loop unroll(full)
  for (int stage = 0; stage < 4; stage++) {
    const int step = 1 << stage;
    int32_t order[SIDE];
#pragma clang loop unroll(full)
    for (int i = 0; i < SIDE; i++) order[i] = i & step ? i - step + SIDE : i;
    const __m512i even = _mm512_loadu_si512(order), odd = _mm512_add_epi32(even, _mm512_set1_epi32(step));
#pragma clang loop unroll(full)
    for (int i = 0; i < SIDE; i++) {
      if (i & step) continue;
      const __m512i a = x[i], b = x[i + step];
      x[i] = _mm512_permutex2var_epi32(a, even, b);
      x[i + step] = _mm512_permutex2var_epi32(a, odd, b);
    }
  }
}

// Packs 16 lines by 32 of the inner dimension, zeros where the matrix ends. Rows of the tile are lines, or pairs of
// the inner dimension if `by_pairs`.
AMX static inline void pack_tile(struct operand x, int by_pairs, uint16_t *tile) {
  __m512i rows[SIDE];
  if (x.inner == 1) {
    const __mmask16 left = first(x.depth), right = first(x.depth - 16);
    for (int i = 0; i < SIDE; i++) {
      const float *from = x.values + i * x.line;
      rows[i] = i < x.lines ? pairs(_mm512_maskz_loadu_ps(left, from), _mm512_maskz_loadu_ps(right, from + 16))
                            : _mm512_setzero_si512();
    }
  } else {
    int16_t alternate[DEPTH];
#pragma clang loop unroll(full)
    for (int i = 0; i < DEPTH; i++) alternate[i] = (int16_t)(i / 2 + i % 2 * 16);
    const __m512i order = _mm512_loadu_si512(alternate);
    const __mmask16 lines = first(x.lines);
    for (int i = 0; i < SIDE; i++) {
      const float *from = x.values + 2 * i * x.inner;
      const __m512 one = _mm512_maskz_loadu_ps(2 * i < x.depth ? lines : 0, from);
      const __m512 two = _mm512_maskz_loadu_ps(2 * i + 1 < x.depth ? lines : 0, from + x.inner);
      rows[i] = _mm512_permutexvar_epi16(order, pairs(one, two));
    }
  }
  if ((x.inner == 1) == by_pairs) transpose(rows);
  for (int i = 0; i < SIDE; i++) _mm512_store_si512(tile + DEPTH * i, rows[i]);
}

// Packs an operand as rows of tiles.
AMX static void pack(struct operand x, int by_pairs, uint16_t *tile) {
  for (ptrdiff_t i = 0; i < x.lines; i += SIDE)
    for (ptrdiff_t l = 0; l < x.depth; l += DEPTH, tile += TILE)
      pack_tile((struct operand){x.values + i * x.line + l * x.inner, x.lines - i, x.depth - l, x.line, x.inner}, by_pairs,
                tile);
}

// A part of an operand: `lines` lines from line i on.
static struct operand part(struct operand x, ptrdiff_t i, ptrdiff_t lines) {
  x.values += i * x.line;
  x.lines = lines;
  return x;
}

// c from row i and column j on becomes alpha · sums + beta · c.
AMX static inline void write_tile(const float *sums, const struct recall_gemm *g, ptrdiff_t i, ptrdiff_t j) {
  const __mmask16 columns = first(g->n - j);
  const __m512 alpha = _mm512_set1_ps(g->alpha), beta = _mm512_set1_ps(g->beta);
  for (ptrdiff_t row = i; row < smaller(i + SIDE, g->m); row++, sums += SIDE) {
    float *c = g->c + row * g->c_stride + j;
    __m512 value = _mm512_mul_ps(alpha, _mm512_load_ps(sums));
    if (g->beta != 0.0f) value = _mm512_fmadd_ps(beta, _mm512_maskz_loadu_ps(columns, c), value);
    _mm512_mask_storeu_ps(c, columns, value);
  }
}

// 32 × 32 elements of c from row i and column j on; a and b: two rows of `depth` tiles each.
AMX static void four_tiles(const struct recall_gemm *g, const uint16_t *a, const uint16_t *b, ptrdiff_t depth, ptrdiff_t i,
                           ptrdiff_t j) {
  // At an edge, the second row of tiles is the first again, and its result is not written.
  const int lower = i + SIDE < g->m, right = j + SIDE < g->n;
  const uint16_t *a2 = lower ? a + depth * TILE : a, *b2 = right ? b + depth * TILE : b;
  float sums[4][SIDE * SIDE] __attribute__((aligned(64)));
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (ptrdiff_t l = 0; l < depth; l++, a += TILE, a2 += TILE, b += TILE, b2 += TILE) {
    _tile_loadd(4, a, 64);
    _tile_loadd(6, b, 64);
    _tile_loadd(5, a2, 64);
    _tile_loadd(7, b2, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, sums[0], 64);
  _tile_stored(1, sums[1], 64);
  _tile_stored(2, sums[2], 64);
  _tile_stored(3, sums[3], 64);
  write_tile(sums[0], g, i, j);
  if (right) write_tile(sums[1], g, i, j + SIDE);
  if (lower) write_tile(sums[2], g, i + SIDE, j);
  if (lower && right) write_tile(sums[3], g, i + SIDE, j + SIDE);
}

// A product whose inner dimension is at most MOST_DEPTH.
AMX static void shallow_product(const struct recall_gemm *g, int b_transposed, uint16_t *a_tiles) {
  const struct operand a = {g->a, g->m, g->k, g->a_row, g->a_column};
  const struct operand b = {g->b, g->n, g->k, b_transposed ? g->b_stride : 1, b_transposed ? 1 : g->b_stride};
  const ptrdiff_t rows = strip(g->m, g->k, A_TILES), columns = strip(g->n, g->k, B_TILES);
  const ptrdiff_t depth = parts(g->k, DEPTH);
  uint16_t *b_tiles = a_tiles + tiles(rows, g->k) * TILE;
  for (ptrdiff_t column = 0; column < g->n; column += columns) {
    const ptrdiff_t width = smaller(columns, g->n - column);
    pack(part(b, column, width), 1, b_tiles);
    for (ptrdiff_t row = 0; row < g->m; row += rows) {
      const ptrdiff_t height = smaller(rows, g->m - row);
      // A whole a stays packed.
      if (rows < g->m || column == 0) pack(part(a, row, height), 0, a_tiles);
      for (ptrdiff_t i = 0; i < height; i += 2 * SIDE)
        for (ptrdiff_t j = 0; j < width; j += 2 * SIDE)
          four_tiles(g, a_tiles + i * depth * DEPTH, b_tiles + j * depth * DEPTH, depth, row + i, column + j);
    }
  }
}

AMX void recall_bf16_gemm(const struct recall_gemm *gemm, int b_transposed, void *memory) {
  const struct {
    uint8_t palette, start_row, unused[14];
    uint16_t bytes_of_a_row[16];
    uint8_t rows[16];
  } whole_tiles = {.palette = 1, .bytes_of_a_row = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
  uint16_t *aligned = (uint16_t *)(((uintptr_t)memory + 63) & ~(uintptr_t)63);
  struct recall_gemm g = *gemm;
  _tile_loadconfig(&whole_tiles);
  for (ptrdiff_t start = 0; start == 0 || start < gemm->k; start += MOST_DEPTH, g.beta = 1.0f) {
    g.k = smaller(MOST_DEPTH, gemm->k - start);
    g.a = gemm->a + start * g.a_column;
    g.b = gemm->b + start * (b_transposed ? 1 : g.b_stride);
    shallow_product(&g, b_transposed, aligned);
  }
  _tile_release();
}
#else
int recall_has_bf16_products(void) { return 0; }

size_t recall_bf16_memory(ptrdiff_t m, ptrdiff_t k, ptrdiff_t n) {
  (void)m, (void)k, (void)n;
  return 0;
}

void recall_bf16_gemm(const struct recall_gemm *gemm, int b_transposed, void *memory) {
  (void)gemm, (void)b_transposed, (void)memory;
}
#endif
