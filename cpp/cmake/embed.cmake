# SPDX-License-Identifier: Apache-2.0
# The C library with its header, CMake package and pkg-config file. Everything is relative to where
# the files lie, so that the folder of an installed wheel can be anywhere.
include(CMakePackageConfigHelpers)

file(GLOB c_sources CONFIGURE_DEPENDS cpp/src/embed/c/*.cpp)
# Compiled once, for the library and for the C++ tests.
add_library(chopmark_c_objects OBJECT ${c_sources})
target_include_directories(chopmark_c_objects PUBLIC cpp/include)
target_compile_definitions(chopmark_c_objects PRIVATE CHOPMARK_VERSION="${PROJECT_VERSION}")
target_link_libraries(chopmark_c_objects PUBLIC chopmark_core PRIVATE chopmark_options)

add_library(chopmark_c SHARED $<TARGET_OBJECTS:chopmark_c_objects>)
set_target_properties(chopmark_c PROPERTIES OUTPUT_NAME chopmark EXPORT_NAME chopmark)
target_include_directories(chopmark_c INTERFACE $<INSTALL_INTERFACE:include>)
target_link_libraries(chopmark_c PRIVATE chopmark_core chopmark_options)
set(exports ${PROJECT_SOURCE_DIR}/cpp/src/embed/c/exports.map)
if(APPLE)
  target_link_options(chopmark_c PRIVATE "LINKER:-exported_symbol,_chopmark_*")
else()
  target_link_options(chopmark_c PRIVATE "LINKER:--version-script=${exports}")
  set_target_properties(chopmark_c PROPERTIES LINK_DEPENDS ${exports})
endif()

set(package lib/cmake/chopmark)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
file(WRITE ${generated}/chopmarkConfig.cmake
     "include(\"\${CMAKE_CURRENT_LIST_DIR}/chopmarkTargets.cmake\")\n")
write_basic_package_version_file(${generated}/chopmarkConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
configure_file(cpp/cmake/chopmark.pc.in ${generated}/chopmark.pc @ONLY)

install(TARGETS chopmark_c EXPORT chopmark LIBRARY DESTINATION lib COMPONENT c)
install(EXPORT chopmark DESTINATION ${package} NAMESPACE chopmark:: FILE chopmarkTargets.cmake
        COMPONENT c)
install(FILES ${generated}/chopmarkConfig.cmake ${generated}/chopmarkConfigVersion.cmake
        DESTINATION ${package} COMPONENT c)
install(FILES cpp/include/chopmark.h DESTINATION include COMPONENT c)
install(FILES ${generated}/chopmark.pc DESTINATION lib/pkgconfig COMPONENT c)
