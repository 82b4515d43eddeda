# SPDX-License-Identifier: Apache-2.0
# One translation unit per CPU level, with its own flags. The chooser (dispatch/dispatch.cpp)
# reads the generated list, so a new backend touches this file and nothing else.
set(backend_list "")
macro(chopmark_add_backend name)
  cmake_parse_arguments(backend "" "ARCH" "FLAGS" ${ARGN})
  if(NOT backend_ARCH OR CMAKE_SYSTEM_PROCESSOR MATCHES "${backend_ARCH}")
    target_sources(chopmark_core PRIVATE cpp/src/backends/${name}.cpp)
    if(backend_FLAGS)
      # Kernels throw nothing, and a handler would bring in a symbol that the linker may share.
      # Debug information that follows variables through unrolled rounds costs minutes of compiling.
      set(${name}_flags
        "${backend_FLAGS};-fno-exceptions;$<$<CXX_COMPILER_ID:GNU>:-fno-var-tracking>")
      set_source_files_properties(cpp/src/backends/${name}.cpp
        PROPERTIES COMPILE_OPTIONS "${${name}_flags}")
    endif()
    string(APPEND backend_list "CHOPMARK_BACKEND(${name})\n")
  endif()
endmacro()

# From the least to the most capable: the order of the cap.
chopmark_add_backend(portable)
if(NOT CHOPMARK_PORTABLE)  # under sanitizers, the others take minutes to compile
  chopmark_add_backend(avx2 ARCH "^(x86_64|AMD64)$" FLAGS -mavx2 -mbmi2 -msha)
  chopmark_add_backend(avx512ifma ARCH "^(x86_64|AMD64)$"
    FLAGS -mavx2 -mbmi2 -msha -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx512ifma)
endif()

file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/generated/backend_list.inc
     CONTENT "${backend_list}")
