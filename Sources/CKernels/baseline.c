#define VARIANT(name) name##_baseline
#include "bodies/all.inc"
