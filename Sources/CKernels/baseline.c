#define PRODUCT_VECTORS 1
#define PRODUCT_ROWS 2
#define NARROW_ROWS 2
#define VARIANT(name) name##_baseline
#include "bodies/all.inc"
