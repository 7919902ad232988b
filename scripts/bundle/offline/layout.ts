/** Where things lie in an unpacked archive; all else there is the checkout itself. */
export const BUNDLE_FOLDER = 'bundle';
export const IMAGES_FILE = `${BUNDLE_FOLDER}/images.tar.gz`;
export const SBOM_FILE = `${BUNDLE_FOLDER}/sbom.json`;
/** By image: the hash of what it was made from. */
export const INPUTS_FILE = `${BUNDLE_FOLDER}/inputs.json`;
/** In the form that `sha256sum --check` reads. */
export const CHECKSUMS_FILE = `${BUNDLE_FOLDER}/SHA256SUMS`;
