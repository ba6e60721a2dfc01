# libretort_parquet.so, the one thing that knows Arrow: loaded by the program with the first Parquet file, so nothing links it. Left out where
# scripts/setup has not fetched Arrow (its headers and libraries are those of the pyarrow wheel).
set(RETORT_PYARROW "${CMAKE_SOURCE_DIR}/.deps/pyarrow" CACHE PATH "Folder that holds pyarrow/ of the pyarrow wheel")
file(STRINGS scripts/setup arrow_version REGEX "^pyarrow_version=")
string(REGEX REPLACE "^pyarrow_version=" "" arrow_version "${arrow_version}")
set_source_files_properties(src/data/parquet.cpp PROPERTIES COMPILE_DEFINITIONS RETORT_ARROW_VERSION="${arrow_version}")
file(GLOB arrow_libraries "${RETORT_PYARROW}/pyarrow/libparquet.so.*" "${RETORT_PYARROW}/pyarrow/libarrow.so.*")
if(NOT arrow_libraries OR RETORT_FUZZ)
  message(STATUS "No Arrow in ${RETORT_PYARROW}: Parquet is left out (scripts/setup fetches it)")
  return()
endif()
add_library(retort_parquet MODULE src/columnar/parquet_module.cpp src/columnar/row_reader.cpp src/columnar/row_writer.cpp src/columnar/row_text.cpp)
target_include_directories(retort_parquet SYSTEM PRIVATE "${RETORT_PYARROW}/pyarrow/include")
target_link_libraries(retort_parquet PRIVATE room_base ${arrow_libraries})
# What it brings of its own, and of the program's rooms, stays inside: the program has its own copies.
set_target_properties(retort_parquet PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                      LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_link_options(retort_parquet PRIVATE -Wl,--exclude-libs,ALL -Wl,--gc-sections)
add_dependencies(room_data retort_parquet)
