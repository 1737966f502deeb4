# A library's package has a trigger by which dpkg runs ldconfig. CPack writes the scripts of old in its place, which policy no
# longer wants. Run by cpack over the packages that it made.
foreach(package ${CPACK_PACKAGE_FILES})
  set(open ${package}.open)
  execute_process(COMMAND dpkg-deb --raw-extract ${package} ${open} COMMAND_ERROR_IS_FATAL ANY)
  if(EXISTS ${open}/DEBIAN/shlibs)
    file(REMOVE ${open}/DEBIAN/postinst ${open}/DEBIAN/postrm)
    file(WRITE ${open}/DEBIAN/triggers "activate-noawait ldconfig\n")
    execute_process(COMMAND dpkg-deb --root-owner-group --build ${open} ${package} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  endif()
  file(REMOVE_RECURSE ${open})
endforeach()
