// Products of column-major matrices, computed on the host when the stream gets there.
#pragma once

#include "cublas/types.h"

namespace sim::cublas {

struct Gemm {
  bool ta, tb;
  int m, n, k;
  double alpha, beta;
  const void* a;
  int a_type, lda;
  const void* b;
  int b_type, ldb;
  void* c;
  int c_type, ldc;
};

int Single(const char* name, void* handle, const Gemm& g, int compute);
int Strided(const char* name, void* handle, const Gemm& g, int compute, long long sa, long long sb,
            long long sc, int batch);
int Batched(const char* name, void* handle, const Gemm& g, int compute, const void* a, const void* b,
            const void* c, int batch);

}  // namespace sim::cublas
